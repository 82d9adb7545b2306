import type { Mount, StoredRecord } from '../../core/index.ts';
import { type JsonObject, StrongroomError } from '../../lib/index.ts';
import type { Change } from '../../store/index.ts';
import type { KvStore } from './kv-store.ts';
import { newMetadata, valueId } from './records.ts';

const batchSize = 200;

/**
 * Turns an unversioned mount into a versioned one: each secret becomes version 1 of itself. Secrets are copied a batch
 * at a time, and the old ones go in the commit that changes the mount: until then it is unversioned and whole, and a
 * copy that was stopped half-way is thrown away by the next.
 */
export async function changeKvOptions(
  kv: KvStore,
  mount: Mount,
  options: Readonly<Record<string, string>>,
): Promise<{ readonly changes: readonly Change[]; readonly warning?: string }> {
  const from = versionOf(mount);
  const to = options['version'] ?? '1';
  if (to !== '1' && to !== '2') throw refuse(`unknown kv version "${to.slice(0, 8)}"`, 'versions are 1 and 2');
  if (from === to) return { changes: [] };
  if (to === '1')
    throw refuse('cannot downgrade kv mount from version 2', 'copy the secrets to a new mount of version 1');
  await kv.core.store.commit([kv.metadata.removeAll(mount), kv.values.removeAll(mount)]);
  const nowMillis = kv.core.clock.nowMillis();
  for (let after = ''; ; ) {
    const page = await kv.plain.page(mount, after, batchSize);
    const last = page.at(-1);
    if (!last) break;
    await kv.core.store.commit(page.flatMap((record) => firstVersion(kv, mount, record, nowMillis)));
    after = last.id;
  }
  return {
    changes: [kv.plain.removeAll(mount)],
    warning:
      'Upgrading mount from version 1 to version 2. This mount will be unavailable for a brief period and will resume service shortly.',
  };
}

function firstVersion(kv: KvStore, mount: Mount, record: StoredRecord<JsonObject>, nowMillis: number): Change[] {
  const version = { version: 1, createdMillis: nowMillis, deletionMillis: null, destroyed: false };
  return [
    kv.metadata.insert(mount, record.id, { ...newMetadata(nowMillis), currentVersion: 1, versions: [version] }),
    kv.values.insert(mount, valueId(record.id, 1), { data: record.body }),
  ];
}

export const versionOf = (mount: Mount): '1' | '2' => (mount.options?.['version'] === '2' ? '2' : '1');

const refuse = (message: string, hint: string): StrongroomError =>
  new StrongroomError('invalid_request', message, { hint });
