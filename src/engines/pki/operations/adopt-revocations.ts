import type { Mount } from '../../../core/index.ts';
import { type ParsedCertificate, parseCertificate } from '../../../x509/index.ts';
import { isIssuedBy } from '../authority.ts';
import type { PkiStore } from '../pki-store.ts';

const pageSize = 1_000;

/**
 * Records what other mounts revoked of authorities that come to this one, mounts that are gone among them: the lists
 * made here then hold all that the server knows when they come.
 */
export async function adoptRevocations(
  pki: PkiStore,
  mount: Mount,
  authorities: readonly ParsedCertificate[],
): Promise<void> {
  const { certificates, clock, store } = pki.core;
  let after: { value: number; id: string } | undefined;
  for (;;) {
    const rows = await certificates.revokedAnywhere(mount.namespace, after, pageSize);
    for (const row of rows) {
      const { expire_millis: expireMillis, revoked_millis: revokedMillis } = row;
      if (row.mount === mount.id || expireMillis === null || revokedMillis === null) continue;
      if (expireMillis <= clock.nowMillis()) continue;
      const { body } = certificates.open(row);
      const certificate = parseCertificate(Buffer.from(body.der, 'base64'));
      if (!authorities.some((authority) => isIssuedBy(certificate, authority))) continue;
      if (await certificates.find(mount, row.id)) {
        await certificates.revoke(mount, row.id);
        continue;
      }
      const entityId = row.entity_id ?? '';
      const draft = { mount, serial: row.id, issuer: '', entityId, expireMillis, revokedMillis, body };
      await store.commit([certificates.insert(draft)]);
    }
    const last = rows.at(-1);
    if (!last || rows.length < pageSize) return;
    after = { value: last.revoked_millis ?? 0, id: last.id };
  }
}
