import type { Mount } from '../../core/index.ts';
import { StrongroomError } from '../../lib/index.ts';
import type { Change } from '../../store/index.ts';
import type { KvStore } from './kv-store.ts';
import { newMetadata, valueId } from './records.ts';

const batchSize = 200;

/**
 * Turns an unversioned mount into a versioned one: each secret becomes version 1 of itself, a batch at a time, each in
 * the commit that takes the old value away. Stopped half-way it goes on where it was when asked again.
 */
export async function changeKvOptions(
  kv: KvStore,
  mount: Mount,
  options: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  const from = versionOf(mount);
  const to = options['version'] ?? '1';
  if (to !== '1' && to !== '2') throw refuse(`unknown kv version "${to.slice(0, 8)}"`, 'versions are 1 and 2');
  if (from === to) return undefined;
  if (to === '1')
    throw refuse('cannot downgrade kv mount from version 2', 'copy the secrets to a new mount of version 1');
  for (;;) {
    const page = await kv.plain.page(mount, '', batchSize);
    if (page.length === 0) break;
    const nowMillis = kv.core.clock.nowMillis();
    const changes = page.flatMap((record): Change[] => {
      const version = { version: 1, createdMillis: nowMillis, deletionMillis: null, destroyed: false };
      return [
        kv.plain.remove(mount, record.id, record.row.version),
        kv.metadata.insert(mount, record.id, { ...newMetadata(nowMillis), currentVersion: 1, versions: [version] }),
        kv.values.insert(mount, valueId(record.id, 1), { data: record.body }),
      ];
    });
    await kv.core.store.commit(changes);
  }
  return 'Upgrading mount from version 1 to version 2. This mount will be unavailable for a brief period and will resume service shortly.';
}

export const versionOf = (mount: Mount): '1' | '2' => (mount.options?.['version'] === '2' ? '2' : '1');

const refuse = (message: string, hint: string): StrongroomError =>
  new StrongroomError('invalid_request', message, { hint });
