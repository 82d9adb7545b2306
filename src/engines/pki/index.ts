import type { Core, Engine } from '../../core/index.ts';
import { parseSerial, serialKey } from '../../x509/index.ts';
import { Authorities } from './authority.ts';
import { certificateInventory } from './inventory.ts';
import { revokeSwept } from './operations/revoke.ts';
import type { PkiParts } from './parts.ts';
import { openPkiStore } from './pki-store.ts';
import { retireKeys } from './retire-keys.ts';
import { RevocationLists } from './revocation-lists.ts';
import { issuingRoutes } from './routes-issuing.ts';
import { readingRoutes } from './routes-reading.ts';
import { settingRoutes } from './routes-settings.ts';
import { Tidies } from './tidies.ts';

/** Certificate authorities: keys in the HSM or sealed in the store, roles, certificates, revocation lists. */
export function createPkiEngine(core: Core): Engine {
  const pki = openPkiStore(core);
  const authorities = new Authorities(pki);
  const tidies = new Tidies(pki);
  const parts: PkiParts = { pki, authorities, lists: new RevocationLists(pki, authorities), tidies };
  return {
    type: 'pki',
    kind: 'secret',
    description: 'certificate authority',
    routes: [...issuingRoutes(parts), ...readingRoutes(parts), ...settingRoutes(parts)],
    inventories: [certificateInventory(parts)],
    retireMount: async (mount) => {
      await tidies.forget(mount);
      return retireKeys(pki, mount);
    },
    stop: () => tidies.stop(),
    revokeLease: (lease, mount) =>
      revokeSwept(parts, mount, serialKey(parseSerial(String(lease.body.internal['serial'])))),
    unknownPathHint: (path) =>
      /^(?:ocsp|acme|est)(?:\/|$)/.test(path) ? 'OCSP, ACME and EST are not served by this release' : undefined,
  };
}
