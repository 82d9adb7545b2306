import { type ParsedCertificate, parseCertificate } from '../../x509/index.ts';
import type { IssuerRecord } from './records.ts';

const parsed = new WeakMap<IssuerRecord, ParsedCertificate>();

/** The certificate of an issuer; read once a record. */
export function readCertificate(record: IssuerRecord): ParsedCertificate {
  const known = parsed.get(record) ?? parseCertificate(Buffer.from(record.certificate, 'base64'));
  parsed.set(record, known);
  return known;
}
