import { type Core, type Mount, RecordCollection, type StoredRecord, Turns } from '../../core/index.ts';
import type { JsonObject } from '../../lib/index.ts';
import { defaultKvConfig, type KvConfig, type KvMetadata, type KvValue } from './records.ts';

/** The collections of the engine, shared by its operations. */
export interface KvStore {
  readonly core: Core;
  readonly metadata: RecordCollection<KvMetadata>;
  readonly values: RecordCollection<KvValue>;
  readonly configs: RecordCollection<KvConfig>;
  /** Values of version 1 mounts. */
  readonly plain: RecordCollection<JsonObject>;
  readonly turns: Turns;
}

export function openKvStore(core: Core): KvStore {
  return {
    core,
    metadata: new RecordCollection(core, 'kv2-metadata'),
    values: new RecordCollection(core, 'kv2-values'),
    configs: new RecordCollection(core, 'kv2-config'),
    plain: new RecordCollection(core, 'kv1'),
    turns: new Turns(),
  };
}

export async function readConfig(kv: KvStore, mount: Mount): Promise<KvConfig> {
  return (await kv.configs.read(mount, 'config'))?.body ?? defaultKvConfig;
}

export const readMetadata = (kv: KvStore, mount: Mount, path: string): Promise<StoredRecord<KvMetadata> | undefined> =>
  kv.metadata.read(mount, path);
