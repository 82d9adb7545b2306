import {
  type Core,
  type CredentialStore,
  IdempotentAnswers,
  type Mount,
  RecordCollection,
  type StoredRecord,
  Turns,
} from '../../core/index.ts';
import { StrongroomError } from '../../lib/index.ts';
import { RateWindows } from './rate-windows.ts';
import { RecentChecks } from './recent-checks.ts';
import type { Space } from './space.ts';

/** What is kept of an owner whose number of keys is limited: a row to guard by, so that two creations take turns. */
export interface OwnerRecord {
  readonly creations: number;
}

/** The collections of the engine, shared by its operations. */
export interface KeyStore {
  readonly core: Core;
  readonly credentials: CredentialStore;
  readonly spaces: RecordCollection<Space>;
  readonly owners: RecordCollection<OwnerRecord>;
  readonly answers: IdempotentAnswers;
  readonly windows: RateWindows;
  readonly checks: RecentChecks;
  readonly turns: Turns;
}

export function openKeyStore(core: Core): KeyStore {
  return {
    core,
    credentials: core.credentials,
    spaces: new RecordCollection({ store: core.store, seal: core.seal, firstVersions: core.random }, 'key-spaces'),
    owners: new RecordCollection(core, 'key-owners'),
    answers: new IdempotentAnswers(core),
    windows: new RateWindows(),
    checks: new RecentChecks(),
    turns: new Turns(),
  };
}

/**
 * The space a key is made or changed in. The write holds it to be unchanged: a key follows the settings it was decided
 * by, and none is left behind by a space that was disabled or deleted meanwhile.
 */
export async function requireSpace(keys: KeyStore, mount: Mount, name: string): Promise<StoredRecord<Space>> {
  const record = await keys.spaces.read(mount, name);
  const quoted = JSON.stringify(name.slice(0, 64));
  if (!record)
    throw new StrongroomError('invalid_request', `there is no space ${quoted}`, { hint: 'make it first: spaces/NAME' });
  if (record.body.closing === true)
    throw new StrongroomError('invalid_request', `the space ${quoted} is being deleted`, {
      hint: 'delete it again when that was broken off, or write its settings to keep it',
    });
  return record;
}

export const placeOf = (mount: Mount) => ({ namespace: mount.namespace, mount: mount.id, kind: 'api_key' as const });
