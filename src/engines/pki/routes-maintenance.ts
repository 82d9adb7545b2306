import { type Answer, type AnyRoute, access, field, type Mount, route } from '../../core/index.ts';
import { destroyKey } from './make-key.ts';
import type { PkiParts } from './parts.ts';
import { allIssuers, allKeys, everyKey, type PkiStore, withConfig } from './pki-store.ts';
import { signsLists } from './records.ts';
import { listId } from './revocation-lists.ts';

const tidyGraceMillis = 72 * 3_600_000;
const tidyBatch = 1_000;

export function maintenanceRoutes({ pki, lists }: PkiParts): AnyRoute[] {
  const rotated: Answer = { data: { success: true } };
  return [
    // Vault has this as a read; it changes nothing but the list's dates and number.
    ...(['GET', 'POST'] as const).map((verb) =>
      route({
        id: verb === 'GET' ? 'pki.crl.rotate_read' : 'pki.crl.rotate',
        verb,
        path: 'crl/rotate',
        summary: 'Makes the revocation list of every issuer anew.',
        access: access.capability,
        fields: {},
        handle: async ({ mount }) => {
          const signers = (await allIssuers(pki, mount)).filter(({ body }) => signsLists(body));
          const one = new Map(signers.map((issuer) => [listId(issuer.body), issuer]));
          for (const issuer of one.values()) await lists.rebuild(mount, issuer);
          return rotated;
        },
      }),
    ),
    route({
      id: 'pki.certificate.tidy',
      verb: 'POST',
      path: 'tidy',
      summary: 'Forgets certificates that expired three days ago. It also happens by itself.',
      access: access.capability,
      fields: {
        tidy_cert_store: field.boolean().optional(),
        tidy_revoked_certs: field.boolean().optional(),
        safety_buffer: field.seconds().optional(),
      },
      handle: async ({ mount, fields, nowMillis }) => {
        const before = nowMillis - (fields.safety_buffer === undefined ? tidyGraceMillis : fields.safety_buffer * 1000);
        for (;;) {
          const [count] = await pki.core.store.commit([pki.core.certificates.cleanUp(before, tidyBatch, mount)]);
          if ((count ?? 0) < tidyBatch) break;
        }
        return {
          status: 202,
          data: null,
          warnings: [
            'Tidy operation successfully started. Any information from the operation will be printed to the server logs.',
          ],
        };
      },
    }),
    route({
      id: 'pki.root.delete',
      verb: 'DELETE',
      path: 'root',
      summary: 'Destroys every issuer and key of the mount.',
      access: access.sudo,
      fields: {},
      handle: async (request) => {
        await destroyAll(pki, request.mount);
      },
    }),
  ];
}

/** Every issuer and key of a mount; keys in an HSM are destroyed there. Called again, it goes on where it failed. */
export async function destroyAll(pki: PkiStore, mount: Mount): Promise<void> {
  await withConfig(pki, mount, async ({ config }) => ({
    next: { ...config, defaultIssuer: '', defaultKey: '', issuerGeneration: config.issuerGeneration + 1 },
    changes: [
      ...(await allIssuers(pki, mount)).map(({ id }) => pki.issuers.remove(mount, id)),
      ...(await allKeys(pki, mount)).map((key) => pki.keys.update(key, { ...key.body, publicKey: '' })),
    ],
    result: undefined,
  }));
  for (const record of await everyKey(pki, mount)) await destroyKey(pki, mount, record.body);
}
