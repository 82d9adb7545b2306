import type { Mount } from '../../../core/index.ts';
import type { Change } from '../../../store/index.ts';
import { attributeValues, decodeDistinguishedName, type ParsedCertificate, serialKey } from '../../../x509/index.ts';
import type { PkiStore } from '../pki-store.ts';

export interface RevocationWish {
  /** Id of the issuer here that signed it; '' when it is not here. */
  readonly issuerId: string;
  readonly revokedMillis: number;
}

/** The change that records, as revoked, a certificate that was not stored when it was signed, or signed elsewhere. */
export function recordRevocation(
  pki: PkiStore,
  mount: Mount,
  certificate: ParsedCertificate,
  { issuerId, revokedMillis }: RevocationWish,
): Change {
  return pki.core.certificates.insert({
    mount,
    serial: serialKey(certificate.serial),
    issuer: issuerId,
    entityId: '',
    expireMillis: certificate.notAfterSeconds * 1000,
    revokedMillis,
    body: {
      der: certificate.der.toString('base64'),
      commonName: attributeValues(decodeDistinguishedName(certificate.subject), 'commonName')[0] ?? '',
      role: '',
      displayName: '',
      accessor: '',
      isAuthority: certificate.basicConstraints?.ca === true,
      policies: [],
    },
  });
}
