import type { Answer, EngineRequest, Mount, StoredRecord } from '../../../core/index.ts';
import { isJsonObject, type JsonObject, StrongroomError } from '../../../lib/index.ts';
import { type Change, isGuardFailure } from '../../../store/index.ts';
import { type KvStore, readConfig, readMetadata } from '../kv-store.ts';
import {
  isDeleted,
  type KvConfig,
  type KvMetadata,
  type KvVersion,
  newMetadata,
  usualMaxVersions,
  valueId,
} from '../records.ts';
import { mergePatch } from './merge-patch.ts';
import { showVersion } from './show-version.ts';

export interface WriteFields {
  readonly path: string;
  readonly data?: unknown;
  readonly options?: JsonObject | undefined;
}

const maxAttempts = 20;

function readCas(options: JsonObject | undefined): number | undefined {
  const cas = options?.['cas'];
  if (cas === undefined || cas === null) return undefined;
  const number = typeof cas === 'string' && /^\d{1,15}$/.test(cas) ? Number(cas) : cas;
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= 0) return number;
  throw new StrongroomError('invalid_field', 'error parsing check-and-set parameter', {
    hint: 'options.cas is a version number; 0 for a new secret',
  });
}

/** Refuses a write whose check-and-set does not hold against the newest version, deleted or not. */
function checkCas(metadata: KvMetadata | undefined, config: KvConfig, cas: number | undefined): void {
  if (cas === undefined) {
    if (!config.casRequired && !metadata?.casRequired) return;
    throw new StrongroomError('invalid_request', 'check-and-set parameter required for this call', {
      hint: 'send options.cas with the current version, 0 for a new secret',
    });
  }
  if (cas !== (metadata?.currentVersion ?? 0)) throw casMismatch();
}

const casMismatch = (): StrongroomError =>
  new StrongroomError('invalid_request', 'check-and-set parameter did not match the current version', {
    hint: 'read the secret again and repeat the write with its version',
  });

/** Decides the value from the newest version; undefined leaves everything as it is. */
type Decide = (current: {
  readonly metadata: KvMetadata | undefined;
  readonly data: JsonObject | undefined;
}) => Answer | { readonly data: JsonObject };

export async function writeSecret(kv: KvStore, request: EngineRequest<WriteFields>): Promise<Answer> {
  const { data } = request.fields;
  if (data === undefined || data === null)
    throw new StrongroomError('missing_field', 'no data provided', { hint: 'send {"data": {…}}' });
  if (!isJsonObject(data))
    throw new StrongroomError('invalid_field', 'data must be an object', { hint: 'send {"data": {"name": "value"}}' });
  return addVersion(kv, request, () => ({ data }), false);
}

/** JSON merge patch (RFC 7396) of the newest version. */
export async function patchSecret(kv: KvStore, request: EngineRequest<WriteFields>): Promise<Answer> {
  const { data } = request.fields;
  if (!isJsonObject(data))
    throw new StrongroomError('missing_field', 'no data provided', { hint: 'send {"data": {…}}' });
  return addVersion(
    kv,
    request,
    (current) => {
      const newest = current.metadata?.versions.at(-1);
      if (!current.metadata || !newest)
        throw new StrongroomError('not_found', '', { hint: 'there is nothing to patch: write it first' });
      if (current.data === undefined)
        return { status: 404, data: { data: null, metadata: showVersion(current.metadata, newest) } };
      return { data: mergePatch(current.data, data) };
    },
    true,
  );
}

async function addVersion(
  kv: KvStore,
  request: EngineRequest<WriteFields>,
  decide: Decide,
  needsData: boolean,
): Promise<Answer> {
  const { mount, nowMillis } = request;
  const { path } = request.fields;
  const cas = readCas(request.fields.options);
  return kv.turns.take(`${mount.id}/${path}`, async () => {
    for (let attempt = 1; ; attempt += 1) {
      const config = await readConfig(kv, mount);
      const record = await readMetadata(kv, mount, path);
      checkCas(record?.body, config, cas);
      const outcome = decide({
        metadata: record?.body,
        data: needsData ? await newestData(kv, mount, path, record, nowMillis) : undefined,
      });
      if ('status' in outcome) return outcome;
      const next = nextVersion(record?.body ?? newMetadata(nowMillis), config, nowMillis);
      const changes: Change[] = [
        kv.metadata.put(mount, path, record, next.metadata),
        kv.values.insert(mount, valueId(path, next.version.version), { data: (outcome as { data: JsonObject }).data }),
        ...next.pruned.map((version) => kv.values.remove(mount, valueId(path, version))),
      ];
      try {
        await kv.core.store.commit(changes);
        return { data: showVersion(next.metadata, next.version) };
      } catch (error) {
        if (!isGuardFailure(error)) throw error;
        if (cas !== undefined) throw casMismatch();
        if (attempt >= maxAttempts) throw error;
      }
    }
  });
}

async function newestData(
  kv: KvStore,
  mount: Mount,
  path: string,
  record: StoredRecord<KvMetadata> | undefined,
  nowMillis: number,
): Promise<JsonObject | undefined> {
  const newest = record?.body.versions.at(-1);
  if (!newest || isDeleted(newest, nowMillis)) return undefined;
  return (await kv.values.read(mount, valueId(path, newest.version)))?.body.data;
}

/** The metadata with one version more, and the numbers of those that fall out at the other end. */
function nextVersion(
  metadata: KvMetadata,
  config: KvConfig,
  nowMillis: number,
): { metadata: KvMetadata; version: KvVersion; pruned: readonly number[] } {
  const afterSeconds = deleteAfter(metadata, config);
  const version: KvVersion = {
    version: metadata.currentVersion + 1,
    createdMillis: nowMillis,
    deletionMillis: afterSeconds > 0 ? nowMillis + afterSeconds * 1000 : null,
    destroyed: false,
  };
  const limit = Math.max(metadata.maxVersions, config.maxVersions) || usualMaxVersions;
  const all = [...metadata.versions, version];
  const kept = all.slice(-limit);
  return {
    version,
    pruned: all
      .slice(0, all.length - kept.length)
      .filter((old) => !old.destroyed)
      .map((old) => old.version),
    metadata: {
      ...metadata,
      currentVersion: version.version,
      oldestVersion: all.length > kept.length ? (kept[0]?.version ?? 0) : metadata.oldestVersion,
      updatedMillis: nowMillis,
      versions: kept,
    },
  };
}

/** The smaller of what key and mount say; a negative one of the mount switches it off. */
export function deleteAfter(metadata: KvMetadata, config: KvConfig): number {
  if (config.deleteVersionAfterSeconds < 0) return 0;
  const given = [metadata.deleteVersionAfterSeconds, config.deleteVersionAfterSeconds].filter((seconds) => seconds > 0);
  return given.length === 0 ? 0 : Math.min(...given);
}
