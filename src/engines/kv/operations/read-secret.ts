import type { Answer, EngineRequest, Mount } from '../../../core/index.ts';
import { isJsonObject, type Json, type JsonObject, StrongroomError } from '../../../lib/index.ts';
import { type KvStore, readMetadata } from '../kv-store.ts';
import { isDeleted, type KvMetadata, type KvVersion, valueId } from '../records.ts';
import { showVersion } from './show-version.ts';

export const notFound = (): StrongroomError =>
  new StrongroomError('not_found', '', { hint: 'nothing is stored under this path' });

interface FoundVersion {
  readonly metadata: KvMetadata;
  readonly version: KvVersion;
  /** Undefined for a version that was deleted or destroyed. */
  readonly data: JsonObject | undefined;
}

/** The version asked for (0 = the newest); throws when there is none of that number. */
export async function findVersion(
  kv: KvStore,
  mount: Mount,
  path: string,
  wanted: number,
  nowMillis: number,
): Promise<FoundVersion> {
  const record = await readMetadata(kv, mount, path);
  const metadata = record?.body;
  const number = wanted === 0 ? metadata?.currentVersion : wanted;
  const version = metadata?.versions.find((candidate) => candidate.version === number);
  if (!metadata || !version) throw notFound();
  if (isDeleted(version, nowMillis)) return { metadata, version, data: undefined };
  const value = await kv.values.read(mount, valueId(path, version.version));
  // Its row goes with its metadata in one commit: without it the version was taken away this very moment.
  if (!value) throw notFound();
  return { metadata, version, data: value.body.data };
}

export async function readSecret(
  kv: KvStore,
  request: EngineRequest<{ readonly path: string; readonly version?: number | undefined }>,
): Promise<Answer> {
  const { path, version: wanted = 0 } = request.fields;
  const { metadata, version, data } = await findVersion(
    kv,
    request.mount,
    path,
    requireVersion(wanted),
    request.nowMillis,
  );
  const shown = showVersion(metadata, version);
  // A version that is gone answers 404 with what is known of it: clients tell it from a path that was never there.
  if (data === undefined) return { status: 404, data: { data: null, metadata: shown } };
  return { data: { data, metadata: shown } };
}

function requireVersion(version: number): number {
  if (version >= 0) return version;
  throw new StrongroomError('invalid_field', 'version must not be negative', { hint: '0 or nothing for the newest' });
}

/** The shape of a secret: its keys, with null in place of every value. */
export async function readSubkeys(
  kv: KvStore,
  request: EngineRequest<{
    readonly path: string;
    readonly version?: number | undefined;
    readonly depth?: number | undefined;
  }>,
): Promise<Answer> {
  const { path, version: wanted = 0, depth = 0 } = request.fields;
  const { metadata, version, data } = await findVersion(
    kv,
    request.mount,
    path,
    requireVersion(wanted),
    request.nowMillis,
  );
  const shown = showVersion(metadata, version);
  if (data === undefined) return { status: 404, data: { subkeys: null, metadata: shown } };
  return { data: { metadata: shown, subkeys: hideValues(data, depth > 0 ? depth : Number.POSITIVE_INFINITY) } };
}

function hideValues(value: JsonObject, depth: number): JsonObject {
  const hide = (item: Json | undefined): Json =>
    isJsonObject(item) && depth > 1 && Object.keys(item).length > 0 ? hideValues(item, depth - 1) : null;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, hide(item)]));
}
