import type { JsonObject } from '../../lib/index.ts';

/** One version of a secret, without its value. Times in milliseconds; null where unset. */
export interface KvVersion {
  readonly version: number;
  readonly createdMillis: number;
  /** From then on it reads as deleted; may lie in the future. */
  readonly deletionMillis: number | null;
  readonly destroyed: boolean;
}

/** What is kept of a version 2 secret beside its values: a row of its own, so that it stays small. */
export interface KvMetadata {
  readonly currentVersion: number;
  readonly oldestVersion: number;
  readonly createdMillis: number;
  readonly updatedMillis: number;
  /** 0: as the mount says. */
  readonly maxVersions: number;
  readonly casRequired: boolean;
  /** 0: as the mount says. */
  readonly deleteVersionAfterSeconds: number;
  readonly customMetadata: Readonly<Record<string, string>> | null;
  /** Ascending. */
  readonly versions: readonly KvVersion[];
}

export interface KvConfig {
  readonly maxVersions: number;
  readonly casRequired: boolean;
  /** Negative: no version deletes itself, whatever its key says. */
  readonly deleteVersionAfterSeconds: number;
}

export const defaultKvConfig: KvConfig = { maxVersions: 0, casRequired: false, deleteVersionAfterSeconds: 0 };

export interface KvValue {
  readonly data: JsonObject;
}

/** How many versions are kept when neither key nor mount says. */
export const usualMaxVersions = 10;
/** More would make the row of a key's metadata grow without bound. */
export const mostVersions = 1_000;

export function newMetadata(nowMillis: number): KvMetadata {
  return {
    currentVersion: 0,
    oldestVersion: 0,
    createdMillis: nowMillis,
    updatedMillis: nowMillis,
    maxVersions: 0,
    casRequired: false,
    deleteVersionAfterSeconds: 0,
    customMetadata: null,
    versions: [],
  };
}

/** A double slash cannot stand in a canonical path, so no secret's name looks like a version of another. */
export const valueId = (path: string, version: number): string => `${path}//${version}`;

export const isDeleted = (version: KvVersion, nowMillis: number): boolean =>
  version.destroyed || (version.deletionMillis !== null && version.deletionMillis <= nowMillis);
