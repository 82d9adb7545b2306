import { createSecureContext } from 'node:tls';
import { type SecretText, StrongroomError } from '../lib/index.ts';

/** What a client is given for TLS, as PEM texts. */
export interface TlsTexts {
  readonly caCert?: string | undefined;
  readonly clientCert?: string | undefined;
  readonly clientKey?: SecretText | undefined;
}

/** How each is called in an error: the name of its file, where it came from one. */
export type TlsNames = Readonly<Partial<Record<keyof TlsTexts, string>>>;

function refuse(message: string, hint: string): never {
  throw new StrongroomError('invalid_field', message, { hint });
}

const certificateBlock =
  /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[\s\S]*?-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g;
const blockStart = /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----/g;

function isUsable(parts: { cert?: string; key?: string }): boolean {
  try {
    createSecureContext(parts);
    return true;
  } catch {
    return false;
  }
}

/** OpenSSL takes what it can read of a list of authorities and passes over the rest in silence, so each is read here. */
function checkBundle(text: string, what: string): void {
  const blocks = text.match(certificateBlock) ?? [];
  const started = text.match(blockStart)?.length ?? 0;
  if (started === 0)
    refuse(`${what} cannot be used: it holds no certificate`, 'a PEM file with BEGIN CERTIFICATE in it is needed');
  if (started !== blocks.length || !blocks.every((cert) => isUsable({ cert }))) {
    refuse(
      `${what} cannot be used: it holds a certificate that cannot be read`,
      'was the file cut off, or changed on its way?',
    );
  }
}

/**
 * Reads the PEM texts once, so that a wrong one is named before the first request and none is passed over in silence.
 * Throws `invalid_field`.
 */
export function checkCertificates({ caCert, clientCert, clientKey }: TlsTexts, names: TlsNames = {}): void {
  if (caCert !== undefined) checkBundle(caCert, names.caCert ?? 'the certificate authority');
  if (clientCert !== undefined) checkBundle(clientCert, names.clientCert ?? 'the client certificate');
  if (clientKey === undefined) return;
  const key = clientKey.insecureText();
  const keyName = names.clientKey ?? 'the client key';
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(key)) {
    refuse(`${keyName} cannot be used: it holds no private key`, 'a PEM file with BEGIN PRIVATE KEY in it is needed');
  }
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(key)) {
    refuse(
      `${keyName} cannot be used: it is encrypted with a pass phrase`,
      'give a key without one, in a file only you may read',
    );
  }
  if (!isUsable({ key }))
    refuse(`${keyName} cannot be used: it holds a private key that cannot be read`, 'was the file cut off?');
  if (clientCert !== undefined && !isUsable({ cert: clientCert, key })) {
    refuse(
      `${keyName} does not belong to ${names.clientCert ?? 'the client certificate'}`,
      'give the key the certificate was issued for; the certificate comes first in its file, its issuers behind it',
    );
  }
}
