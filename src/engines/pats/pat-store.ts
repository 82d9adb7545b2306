import {
  type Core,
  type CredentialStore,
  IdempotentAnswers,
  type Mount,
  RecordCollection,
  Turns,
} from '../../core/index.ts';
import { noRules, type PatRules } from './rules.ts';

/** A row to guard by, so that two creations for one entity take turns. */
export interface EntityRecord {
  readonly creations: number;
}

/** The collections of the engine, shared by its operations. */
export interface PatStore {
  readonly core: Core;
  readonly credentials: CredentialStore;
  readonly rules: RecordCollection<PatRules>;
  readonly entities: RecordCollection<EntityRecord>;
  readonly answers: IdempotentAnswers;
  readonly turns: Turns;
}

export function openPatStore(core: Core): PatStore {
  return {
    core,
    credentials: core.credentials,
    rules: new RecordCollection(core, 'pat-rules'),
    entities: new RecordCollection(core, 'pat-entities'),
    answers: new IdempotentAnswers(core),
    turns: new Turns(),
  };
}

export const rulesId = 'rules';
export const patPrefix = 'pat_';

export async function readRules(pats: PatStore, mount: Mount): Promise<PatRules> {
  return (await pats.rules.read(mount, rulesId))?.body ?? noRules;
}

export const placeOf = (mount: Mount) => ({ namespace: mount.namespace, mount: mount.id, kind: 'pat' as const });
