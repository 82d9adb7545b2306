import type { Answer, EngineRequest } from '../../../core/index.ts';
import { formatGoDuration, formatTime, isJsonObject, type JsonObject, StrongroomError } from '../../../lib/index.ts';
import { isGuardFailure } from '../../../store/index.ts';
import { type KvStore, readMetadata } from '../kv-store.ts';
import { type KvMetadata, mostVersions, newMetadata, valueId } from '../records.ts';
import { notFound } from './read-secret.ts';
import { showVersionEntry } from './show-version.ts';

export interface MetadataFields {
  readonly path: string;
  /** Null, which only PATCH sends, takes a setting back to what it is without (RFC 7396). */
  readonly max_versions?: number | null | undefined;
  readonly cas_required?: boolean | null | undefined;
  readonly delete_version_after?: number | null | undefined;
  readonly custom_metadata?: unknown;
}

const maxAttempts = 20;

export function showMetadata(metadata: KvMetadata): JsonObject {
  return {
    cas_required: metadata.casRequired,
    created_time: formatTime(metadata.createdMillis),
    current_version: metadata.currentVersion,
    custom_metadata: metadata.customMetadata,
    delete_version_after: formatGoDuration(metadata.deleteVersionAfterSeconds),
    max_versions: metadata.maxVersions,
    oldest_version: metadata.oldestVersion,
    updated_time: formatTime(metadata.updatedMillis),
    versions: Object.fromEntries(
      metadata.versions.map((version) => [String(version.version), showVersionEntry(version)]),
    ),
  };
}

export async function readSecretMetadata(
  kv: KvStore,
  request: EngineRequest<{ readonly path: string }>,
): Promise<Answer> {
  const record = await readMetadata(kv, request.mount, request.fields.path);
  if (!record) throw notFound();
  return { data: showMetadata(record.body) };
}

export function requireMaxVersions(value: number): number {
  if (value >= 0 && value <= mostVersions) return value;
  throw new StrongroomError('invalid_field', 'max_versions is out of range', { hint: `0 to ${mostVersions}` });
}

const maxCustomKeys = 64;

/** Null where there is none, as before there was any. */
function readCustomMetadata(value: JsonObject): Readonly<Record<string, string>> | null {
  const entries = Object.entries(value);
  const refuse = (message: string, hint: string): never => {
    throw new StrongroomError('invalid_field', message, { hint });
  };
  if (entries.length > maxCustomKeys) refuse('custom_metadata has too many keys', `at most ${maxCustomKeys}`);
  for (const [key, text] of entries) {
    if (typeof text !== 'string') refuse('custom_metadata values must be texts', 'send {"name": "text"}');
    const printable = /^[\P{C}]*$/u.test(key) && /^[\P{C}]*$/u.test(String(text));
    const keyBytes = Buffer.byteLength(key);
    const valueBytes = Buffer.byteLength(String(text));
    if (keyBytes < 1 || keyBytes > 128) refuse('a custom_metadata key is empty or too long', '1 to 128 bytes');
    if (valueBytes < 1 || valueBytes > 512) refuse('a custom_metadata value is empty or too long', '1 to 512 bytes');
    if (!printable) refuse('custom_metadata holds characters that cannot be printed', 'letters, digits, punctuation');
  }
  return entries.length === 0 ? null : (Object.fromEntries(entries) as Record<string, string>);
}

/** Fields that were sent over those that were there; `custom_metadata` as a whole, or merged by PATCH. */
export async function writeSecretMetadata(
  kv: KvStore,
  request: EngineRequest<MetadataFields>,
  patch: boolean,
): Promise<void> {
  const { mount, fields, nowMillis } = request;
  await kv.turns.take(`${mount.id}/${fields.path}`, async () => {
    for (let attempt = 1; ; attempt += 1) {
      const record = await readMetadata(kv, mount, fields.path);
      if (patch && !record) throw notFound();
      const next = applyFields(record?.body ?? newMetadata(nowMillis), fields, patch);
      if (next === record?.body || (!record && !hasFields(fields))) return;
      try {
        await kv.core.store.commit([
          kv.metadata.put(mount, fields.path, record, { ...next, updatedMillis: nowMillis }),
        ]);
        return;
      } catch (error) {
        if (!isGuardFailure(error) || attempt >= maxAttempts) throw error;
      }
    }
  });
}

const hasFields = (fields: MetadataFields): boolean =>
  [fields.max_versions, fields.cas_required, fields.delete_version_after, fields.custom_metadata].some(
    (value) => value !== undefined,
  );

function applyFields(metadata: KvMetadata, fields: MetadataFields, patch: boolean): KvMetadata {
  if (!hasFields(fields)) return metadata;
  return {
    ...metadata,
    ...(fields.max_versions !== undefined && { maxVersions: requireMaxVersions(fields.max_versions ?? 0) }),
    ...(fields.cas_required !== undefined && { casRequired: fields.cas_required ?? false }),
    ...(fields.delete_version_after !== undefined && { deleteVersionAfterSeconds: fields.delete_version_after ?? 0 }),
    ...(fields.custom_metadata !== undefined && {
      customMetadata: nextCustom(metadata, fields.custom_metadata, patch),
    }),
  };
}

function nextCustom(metadata: KvMetadata, sent: unknown, patch: boolean): KvMetadata['customMetadata'] {
  if (sent === null) return null;
  if (!isJsonObject(sent))
    throw new StrongroomError('invalid_field', 'custom_metadata must be an object', { hint: 'send {"name": "text"}' });
  if (!patch) return readCustomMetadata(sent);
  const merged = new Map(Object.entries(metadata.customMetadata ?? {}));
  for (const [key, value] of Object.entries(sent)) {
    if (value === null) merged.delete(key);
    else merged.set(key, value as string);
  }
  return readCustomMetadata(Object.fromEntries(merged));
}

/** Removes a secret with every version for good. */
export async function deleteSecret(kv: KvStore, request: EngineRequest<{ readonly path: string }>): Promise<void> {
  const { mount } = request;
  const { path } = request.fields;
  await kv.turns.take(`${mount.id}/${path}`, async () => {
    for (let attempt = 1; ; attempt += 1) {
      const record = await readMetadata(kv, mount, path);
      if (!record) return;
      const values = record.body.versions.filter((version) => !version.destroyed);
      try {
        await kv.core.store.commit([
          kv.metadata.remove(mount, path, record.row.version),
          ...values.map((version) => kv.values.remove(mount, valueId(path, version.version))),
        ]);
        return;
      } catch (error) {
        if (!isGuardFailure(error) || attempt >= maxAttempts) throw error;
      }
    }
  });
}
