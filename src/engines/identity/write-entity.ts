import {
  type Answer,
  type Core,
  canonicalName,
  type EngineRequest,
  type Entity,
  sanitizePolicyNames,
} from '../../core/index.ts';
import { StrongroomError } from '../../lib/index.ts';
import { isGuardFailure } from '../../store/index.ts';

export interface EntityFields {
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly policies?: readonly string[] | undefined;
  readonly disabled?: boolean | undefined;
}

function refuse(message: string, hint: string): never {
  throw new StrongroomError('invalid_request', message, { hint });
}

/** Rights of root are given by root tokens alone, in whatever spelling they are asked for. */
function readPolicies(names: readonly string[]): readonly string[] {
  const policies = sanitizePolicyNames(names);
  if (policies.includes('root')) refuse('policies cannot contain root', 'make a root token instead');
  return policies;
}

function checkMetadata(metadata: Readonly<Record<string, string>>): void {
  const entries = Object.entries(metadata);
  if (entries.length > 64) refuse('too many metadata keys', '64 at most');
  if (entries.some(([key, value]) => key === '' || Buffer.byteLength(key) > 128 || Buffer.byteLength(value) > 512)) {
    refuse('a metadata key or value is too long', '128 and 512 bytes');
  }
}

function requireName(name: string): string {
  const trimmed = name.trim();
  if (canonicalName(name) === '' || trimmed.length > 512 || !/^[\P{C}]+$/u.test(trimmed))
    refuse('invalid entity name', 'up to 512 printable characters');
  return trimmed;
}

/** Whether a name finds an entity: one in the body in any spelling, one in a path as it is stored. */
type ByName = 'any spelling' | 'as stored' | 'never';

/** Makes an entity, or changes what was sent of one: by id, or by name where names decide (`byName`). */
export async function writeEntity(
  core: Core,
  request: EngineRequest<EntityFields>,
  byName: ByName,
): Promise<Answer | undefined> {
  const { fields, namespace } = request;
  const policies = fields.policies && readPolicies(fields.policies);
  if (fields.metadata) checkMetadata(fields.metadata);
  const change = {
    ...(fields.name !== undefined && fields.name !== '' && { name: requireName(fields.name) }),
    ...(fields.metadata && { metadata: fields.metadata }),
    ...(policies && { policies }),
    ...(fields.disabled !== undefined && { disabled: fields.disabled }),
  };
  const known = await findKnown(core, namespace, fields, byName);
  if (known) {
    await nameIsFree(() => core.identity.updateEntity(namespace, known.id, change));
    return undefined;
  }
  if (fields.id) refuse('entity not found from id', 'leave "id" out to make a new one');
  const { entity, change: insert } = core.identity.draftEntity({ namespace, ...change });
  await nameIsFree(() => core.store.commit([insert]));
  return { data: { aliases: null, id: entity.id, name: entity.name } };
}

async function findKnown(
  core: Core,
  namespace: string,
  fields: EntityFields,
  byName: ByName,
): Promise<Entity | undefined> {
  if (fields.id) return core.identity.findEntity(namespace, fields.id);
  if (byName === 'never' || !fields.name) return undefined;
  const known = await core.identity.findEntityByName(namespace, fields.name);
  if (known && byName === 'as stored' && known.name !== fields.name)
    refuse('entity name is already in use', 'in another spelling: name it as it is stored');
  return known;
}

async function nameIsFree(write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!isGuardFailure(error)) throw error;
    refuse('entity name is already in use', 'or it was changed at the same time: read it and try again');
  }
}
