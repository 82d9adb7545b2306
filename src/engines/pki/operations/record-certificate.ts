import type { EngineRequest } from '../../../core/index.ts';
import type { Change } from '../../../store/index.ts';
import { type IssuedCertificate, serialKey } from '../../../x509/index.ts';
import type { PkiStore } from '../pki-store.ts';

export interface RecordWish {
  readonly issuerId: string;
  readonly commonName: string;
  readonly role: string;
  readonly isAuthority: boolean;
}

/** The change that records a certificate, with who had it issued. It is committed before the certificate leaves. */
export function recordCertificate(
  pki: PkiStore,
  request: Pick<EngineRequest<unknown>, 'mount' | 'principal'>,
  issued: IssuedCertificate,
  wish: RecordWish,
): Change {
  const { principal } = request;
  return pki.core.certificates.insert({
    mount: request.mount,
    serial: serialKey(issued.serial),
    issuer: wish.issuerId,
    entityId: principal?.entityId ?? '',
    expireMillis: issued.notAfterSeconds * 1000,
    body: {
      der: issued.der.toString('base64'),
      commonName: wish.commonName,
      role: wish.role,
      displayName: principal?.displayName ?? '',
      accessor: principal?.accessor ?? '',
      isAuthority: wish.isAuthority,
      policies: principal?.policies ?? [],
    },
  });
}
