import type { SecretText } from '../../lib/index.ts';
import type { Connection } from '../connection.ts';
import { mountPath, pathSegment } from '../request-path.ts';
import type { Answer, BodyObject, RawAnswer } from '../wire.ts';

export interface CertificateRequest {
  readonly common_name: string;
  /** Comma-separated DNS names and mail addresses. */
  readonly alt_names?: string | undefined;
  readonly ip_sans?: readonly string[] | undefined;
  readonly uri_sans?: readonly string[] | undefined;
  readonly ttl?: string | undefined;
  readonly not_after?: string | undefined;
  readonly exclude_cn_from_sans?: boolean | undefined;
  readonly private_key_format?: 'der' | 'pem' | 'pkcs8' | undefined;
}

export interface SignedCertificate {
  /** PEM. */
  readonly certificate: string;
  readonly issuing_ca: string;
  readonly ca_chain: readonly string[];
  /** Lower hex with colons. */
  readonly serial_number: string;
  /** Seconds since 1970. */
  readonly expiration: number;
}

export interface IssuedCertificate extends SignedCertificate {
  readonly private_key: SecretText;
  readonly private_key_type: string;
}

export interface RevokedCertificate {
  /** Seconds since 1970. */
  readonly revocation_time: number;
  readonly revocation_time_rfc3339: string;
  readonly state?: string;
}

export interface PkiOptions {
  /** `pki` unless given. */
  readonly mount?: string | undefined;
}

export interface PkiArea {
  /** A certificate with a new key; the key is in this answer only. */
  issue(role: string, fields: CertificateRequest, options?: PkiOptions): Promise<Answer<IssuedCertificate>>;
  /** A certificate for a CSR (PEM), whose key stays with the caller. */
  sign(
    role: string,
    fields: Partial<CertificateRequest> & { readonly csr: string },
    options?: PkiOptions,
  ): Promise<Answer<SignedCertificate>>;
  /** Takes the serial number with `:` or `-`. */
  revoke(serialNumber: string, options?: PkiOptions): Promise<Answer<RevokedCertificate>>;
  /** Serial numbers. */
  list(options?: PkiOptions): Promise<Answer<{ readonly keys: readonly string[] }>>;
  /** The default issuer's certificate, PEM. */
  caPem(options?: PkiOptions): Promise<RawAnswer>;
  /** The chain of the default issuer, PEM. */
  caChainPem(options?: PkiOptions): Promise<RawAnswer>;
  /** The revocation list of the default issuer, PEM. */
  crlPem(options?: PkiOptions): Promise<RawAnswer>;
  /** A root CA whose key never leaves the server. */
  generateRoot(fields: BodyObject, options?: PkiOptions): Promise<Answer<SignedCertificate>>;
  writeRole(name: string, fields: BodyObject, options?: PkiOptions): Promise<Answer>;
}

export function pkiArea({ request, requestRaw }: Connection): PkiArea {
  const at = (options: PkiOptions | undefined, rest: string): string => `${mountPath(options?.mount ?? 'pki')}/${rest}`;
  const secretFields = ['data.private_key'];
  return {
    issue: (role, fields, options) =>
      request('POST', at(options, `issue/${pathSegment(role)}`), { ...fields }, { secretFields }),
    sign: (role, fields, options) => request('POST', at(options, `sign/${pathSegment(role)}`), { ...fields }),
    revoke: (serialNumber, options) => request('POST', at(options, 'revoke'), { serial_number: serialNumber }),
    list: (options) => request('LIST', at(options, 'certs')),
    caPem: (options) => requestRaw('GET', at(options, 'ca/pem'), { token: null }),
    caChainPem: (options) => requestRaw('GET', at(options, 'ca_chain'), { token: null }),
    crlPem: (options) => requestRaw('GET', at(options, 'crl/pem'), { token: null }),
    generateRoot: (fields, options) => request('POST', at(options, 'root/generate/internal'), fields),
    writeRole: (name, fields, options) => request('POST', at(options, `roles/${pathSegment(name)}`), fields),
  };
}
