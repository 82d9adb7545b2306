import type { Mount } from '../../core/index.ts';
import { everyKey, type PkiStore } from './pki-store.ts';

/**
 * The keys of a mount that is to be removed. A home out of reach refuses here, with nothing changed; they are destroyed
 * by what this answers, when the mount is gone: a removal that fails leaves it with its keys.
 */
export async function retireKeys(pki: PkiStore, mount: Mount): Promise<() => Promise<void>> {
  const { keys, log } = pki.core;
  const records = await everyKey(pki, mount);
  for (const { body } of records) await keys.of(body.home).describe(body.homeId);
  return async () => {
    for (const { body } of records) {
      try {
        await keys.of(body.home).destroy(body.homeId);
      } catch (error) {
        const { home, homeId: key } = body;
        log.error({ mount: mount.prefix, home, key, cause: String(error) }, 'a key of a removed mount was left over');
      }
    }
  };
}
