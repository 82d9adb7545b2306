import { type Credential, revokeWhere } from '../../core/index.ts';
import type { KeyStore } from './key-store.ts';
import type { Space } from './space.ts';

/**
 * A rotated key that is used after its overlap was copied somewhere: the whole family goes, where the space says so.
 * However the key was shown: to a check, or to Strongroom itself.
 */
export async function heedReuse(
  keys: KeyStore,
  { row }: Credential,
  space: Space | undefined,
  nowMillis: number,
): Promise<void> {
  if (space?.onReuse !== 'revoke_family') return;
  await revokeWhere(
    keys.credentials,
    {
      namespace: row.namespace,
      kind: 'api_key',
      mount: row.mount,
      matches: (other) => other.row.family === row.family,
    },
    { dryRun: false, nowMillis, reason: 'a rotated key of the family was used again' },
  );
}
