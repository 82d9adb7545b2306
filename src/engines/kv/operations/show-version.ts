import { formatTime, type JsonObject } from '../../../lib/index.ts';
import type { KvMetadata, KvVersion } from '../records.ts';

const deletionTime = (version: KvVersion): string =>
  version.deletionMillis === null ? '' : formatTime(version.deletionMillis);

/** One version as data answers show it. */
export function showVersion(metadata: KvMetadata, version: KvVersion): JsonObject {
  return {
    created_time: formatTime(version.createdMillis),
    custom_metadata: metadata.customMetadata,
    deletion_time: deletionTime(version),
    destroyed: version.destroyed,
    version: version.version,
  };
}

/** One version as the list of versions shows it. */
export function showVersionEntry(version: KvVersion): JsonObject {
  return {
    created_time: formatTime(version.createdMillis),
    deletion_time: deletionTime(version),
    destroyed: version.destroyed,
  };
}
