import { type Answer, type EngineRequest, type Mount, mountLimits } from '../../../core/index.ts';
import { formatSerial, type issueCertificate } from '../../../x509/index.ts';
import type { PkiStore } from '../pki-store.ts';
import type { PkiRole } from '../role.ts';
import { commitIssued } from './commit-issued.ts';
import { recordCertificate } from './record-certificate.ts';

export interface KeptLeaf {
  readonly role: PkiRole;
  readonly name: string;
  readonly issued: Awaited<ReturnType<typeof issueCertificate>>;
  readonly issuerId: string;
  readonly commonName: string;
}

/** Records the certificate before it leaves, with its lease where the role gives one. */
export async function keepLeaf(
  pki: PkiStore,
  request: EngineRequest<unknown>,
  kept: KeptLeaf,
): Promise<Answer['lease']> {
  const { role, issued } = kept;
  if (role.noStore) return undefined;
  const insert = recordCertificate(pki, request, issued, {
    issuerId: kept.issuerId,
    commonName: kept.commonName,
    role: kept.name,
    isAuthority: false,
  });
  if (!role.generateLease) {
    await commitIssued(pki, request.mount, kept.issuerId, [insert]);
    return undefined;
  }
  const ttlSeconds = issued.notAfterSeconds - Math.floor(request.nowMillis / 1000);
  const drafted = pki.core.leases.draft({
    mount: request.mount,
    path: request.path,
    token: ownerOf(request),
    ttlSeconds,
    maxTtlSeconds: maxLease(pki, request.mount),
    renewable: false,
    internal: { serial: formatSerial(issued.serial) },
  });
  await commitIssued(pki, request.mount, kept.issuerId, [...drafted.changes, insert]);
  return { id: drafted.lease.id, seconds: ttlSeconds, renewable: false };
}

/** Leases of a batch token belong to its parent. */
function ownerOf(request: EngineRequest<unknown>): string | null {
  const token = request.principal?.token;
  if (!token) return null;
  return token.type === 'batch' ? token.parent : token.id;
}

const maxLease = (pki: PkiStore, mount: Mount): number => mountLimits(mount, pki.core.settings).maxSeconds;
