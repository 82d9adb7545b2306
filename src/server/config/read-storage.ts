import { resolve } from 'node:path';
import type { StorageConfig } from './server-config.ts';
import { refuseSetting, SettingReader } from './setting-reader.ts';

/** Of Vault's raft and file storage only the folder matters here. */
const ignored = ['node_id', 'performance_multiplier', 'retry_join', 'max_entry_size', 'autopilot_reconcile_interval'];

const kinds = ['sqlite', 'file', 'raft', 'inmem'] as const;

/** The `storage` stanza (or its old name `backend`): exactly one. */
export function readStorage(root: SettingReader): { storage: StorageConfig; notices: readonly string[] } {
  const blocks = [...root.blocks('storage', 1), ...root.blocks('backend', 1)];
  const [block, second] = blocks;
  if (!block) {
    return refuseSetting(
      root.file,
      root.position,
      'the storage stanza is missing',
      'storage "sqlite" { path = "/var/lib/strongroom" }',
    );
  }
  if (second) refuseSetting(root.file, second.position, 'there are two storage stanzas', 'one server has one store');
  const kind = block.labels[0] as string;
  const where = `storage "${kind}"`;
  const reader = new SettingReader(root.file, where, block.body);
  switch (kind) {
    case 'sqlite':
    case 'file':
    case 'raft': {
      const path = reader.requireText('path', `${where} { path = "/var/lib/strongroom" }`);
      return {
        storage: { kind: 'sqlite', folder: resolve(path) },
        notices: reader.finish(kind === 'raft' ? ignored : []),
      };
    }
    case 'inmem':
      return { storage: { kind: 'memory' }, notices: reader.finish() };
    case 'postgresql':
      return refuseSetting(
        root.file,
        block.position,
        'this release does not store in PostgreSQL',
        'use storage "sqlite"',
      );
    default:
      return refuseSetting(root.file, block.position, `storage "${kind}" is not known`, `known: ${kinds.join(', ')}`);
  }
}
