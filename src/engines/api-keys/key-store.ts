import {
  type Core,
  type CredentialStore,
  IdempotentAnswers,
  type Mount,
  RecordCollection,
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
    spaces: new RecordCollection(core, 'key-spaces'),
    owners: new RecordCollection(core, 'key-owners'),
    answers: new IdempotentAnswers(core),
    windows: new RateWindows(),
    checks: new RecentChecks(),
    turns: new Turns(),
  };
}

export async function requireSpace(keys: KeyStore, mount: Mount, name: string): Promise<Space> {
  const record = await keys.spaces.read(mount, name);
  if (record) return record.body;
  throw new StrongroomError('invalid_request', `there is no space ${JSON.stringify(name.slice(0, 64))}`, {
    hint: 'make it first: spaces/NAME',
  });
}

export const placeOf = (mount: Mount) => ({ namespace: mount.namespace, mount: mount.id, kind: 'api_key' as const });
