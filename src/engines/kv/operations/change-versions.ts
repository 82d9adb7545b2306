import type { EngineRequest } from '../../../core/index.ts';
import { StrongroomError } from '../../../lib/index.ts';
import { type Change, isGuardFailure } from '../../../store/index.ts';
import { type KvStore, readConfig, readMetadata } from '../kv-store.ts';
import { isDeleted, type KvMetadata, type KvVersion, valueId } from '../records.ts';
import { deleteAfter } from './write-secret.ts';

interface VersionsFields {
  readonly path: string;
  readonly versions?: readonly number[] | undefined;
}

interface Changed {
  readonly metadata: KvMetadata;
  readonly destroyed: readonly number[];
}

const maxAttempts = 20;

/** Rewrites a secret's metadata; answers nothing when the secret is not there or nothing changes. */
async function changeMetadata(
  kv: KvStore,
  request: EngineRequest<{ readonly path: string }>,
  decide: (metadata: KvMetadata) => Changed | undefined,
): Promise<void> {
  const { mount } = request;
  const { path } = request.fields;
  await kv.turns.take(`${mount.id}/${path}`, async () => {
    for (let attempt = 1; ; attempt += 1) {
      const record = await readMetadata(kv, mount, path);
      const changed = record && decide(record.body);
      if (!record || !changed) return;
      const changes: Change[] = [
        kv.metadata.update(record, changed.metadata),
        ...changed.destroyed.map((version) => kv.values.remove(mount, valueId(path, version))),
      ];
      try {
        await kv.core.store.commit(changes);
        return;
      } catch (error) {
        if (!isGuardFailure(error) || attempt >= maxAttempts) throw error;
      }
    }
  });
}

function requireVersions(versions: readonly number[] | undefined): ReadonlySet<number> {
  if (!versions || versions.length === 0) {
    throw new StrongroomError('missing_field', 'No version number provided', { hint: 'send {"versions": [1, 2]}' });
  }
  return new Set(versions);
}

function mapVersions(
  metadata: KvMetadata,
  wanted: ReadonlySet<number>,
  change: (version: KvVersion) => KvVersion,
): Changed | undefined {
  const versions = metadata.versions.map((version) => (wanted.has(version.version) ? change(version) : version));
  if (versions.every((version, index) => version === metadata.versions[index])) return undefined;
  return { metadata: { ...metadata, versions }, destroyed: [] };
}

const softDelete =
  (nowMillis: number) =>
  (version: KvVersion): KvVersion =>
    isDeleted(version, nowMillis) ? version : { ...version, deletionMillis: nowMillis };

/** Marks the newest version as deleted; it can be brought back. */
export function deleteNewest(kv: KvStore, request: EngineRequest<{ readonly path: string }>): Promise<void> {
  return changeMetadata(kv, request, (metadata) =>
    mapVersions(metadata, new Set([metadata.currentVersion]), softDelete(request.nowMillis)),
  );
}

export function deleteVersions(kv: KvStore, request: EngineRequest<VersionsFields>): Promise<void> {
  const wanted = requireVersions(request.fields.versions);
  return changeMetadata(kv, request, (metadata) => mapVersions(metadata, wanted, softDelete(request.nowMillis)));
}

/** Brings deleted versions back; where versions delete themselves, the time starts again. */
export async function undeleteVersions(kv: KvStore, request: EngineRequest<VersionsFields>): Promise<void> {
  const wanted = requireVersions(request.fields.versions);
  const config = await readConfig(kv, request.mount);
  await changeMetadata(kv, request, (metadata) => {
    const afterSeconds = deleteAfter(metadata, config);
    const deletionMillis = afterSeconds > 0 ? request.nowMillis + afterSeconds * 1000 : null;
    return mapVersions(metadata, wanted, (version) =>
      version.destroyed || version.deletionMillis === null ? version : { ...version, deletionMillis },
    );
  });
}

/** Takes the values away for good; what is known of the versions stays. */
export function destroyVersions(kv: KvStore, request: EngineRequest<VersionsFields>): Promise<void> {
  const wanted = requireVersions(request.fields.versions);
  return changeMetadata(kv, request, (metadata) => {
    const changed = mapVersions(metadata, wanted, (version) =>
      version.destroyed ? version : { ...version, destroyed: true },
    );
    if (!changed) return undefined;
    const destroyed = metadata.versions.filter((version) => wanted.has(version.version) && !version.destroyed);
    return { ...changed, destroyed: destroyed.map((version) => version.version) };
  });
}
