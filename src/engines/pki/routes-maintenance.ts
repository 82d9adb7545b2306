import { type Answer, type AnyRoute, access, type Mount, route } from '../../core/index.ts';
import { destroyKey } from './make-key.ts';
import type { PkiParts } from './parts.ts';
import { allIssuers, allKeys, everyKey, type PkiStore, withConfig } from './pki-store.ts';
import { signsLists } from './records.ts';
import { listId } from './revocation-lists.ts';

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
