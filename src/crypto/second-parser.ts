import { X509Certificate } from 'node:crypto';

/** What OpenSSL's parser, which shares no code with ours, sees in a certificate. */
export interface SecondView {
  /** Upper-case hex of the serial number, without leading zeros. */
  readonly serialHex: string;
  readonly ca: boolean;
  /** Alternative names in OpenSSL's display form, or undefined when there are none. */
  readonly alternativeNames: string | undefined;
  readonly notBeforeMillis: number;
  readonly notAfterMillis: number;
  /** OpenSSL's re-encoding of what it understood. */
  readonly der: Buffer;
}

/** Reads a certificate with node's parser. Undefined when OpenSSL does not take it for a certificate. */
export function viewCertificate(der: Uint8Array): SecondView | undefined {
  try {
    const certificate = new X509Certificate(der);
    return {
      serialHex: certificate.serialNumber,
      ca: certificate.ca,
      alternativeNames: certificate.subjectAltName,
      notBeforeMillis: certificate.validFromDate.getTime(),
      notAfterMillis: certificate.validToDate.getTime(),
      der: certificate.raw,
    };
  } catch {
    return undefined;
  }
}
