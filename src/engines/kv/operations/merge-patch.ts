import { isJsonObject, type Json, type JsonObject } from '../../../lib/index.ts';

/** RFC 7396: null removes, objects merge, everything else replaces. Names are own members, whatever they are called. */
export function mergePatch(target: JsonObject, patch: JsonObject): JsonObject {
  const merged = new Map<string, Json>(Object.entries(target) as [string, Json][]);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else if (isJsonObject(value)) {
      const before = merged.get(name);
      merged.set(name, mergePatch(isJsonObject(before) ? before : {}, value));
    } else merged.set(name, value as Json);
  }
  return Object.fromEntries(merged);
}
