import { type Alias, type Answer, type Core, canonicalName, type EngineRequest } from '../../core/index.ts';
import { StrongroomError } from '../../lib/index.ts';
import { isGuardFailure } from '../../store/index.ts';

export interface AliasFields {
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  readonly canonical_id?: string | undefined;
  readonly entity_id?: string | undefined;
  readonly mount_accessor?: string | undefined;
  readonly custom_metadata?: Readonly<Record<string, string>> | undefined;
}

function refuse(message: string, hint: string): never {
  throw new StrongroomError('invalid_request', message, { hint });
}

/**
 * Ties a log-in name to an entity. An alias never moves to another entity and never takes over a name that another one
 * has: whoever may write aliases could otherwise take over identities.
 */
export async function writeAlias(core: Core, request: EngineRequest<AliasFields>): Promise<Answer | undefined> {
  const { fields, namespace } = request;
  if (fields.id) return keepAlias(core, namespace, fields, fields.id);
  const name = fields.name ?? '';
  if (canonicalName(name) === '' || name.length > 512)
    refuse('missing alias name', 'send "name": the name at the log-in');
  const mount = core.mounts.byAccessor(fields.mount_accessor ?? '');
  if (mount?.kind !== 'auth') refuseMount(fields.mount_accessor ?? '');
  const wanted = fields.canonical_id ?? fields.entity_id ?? '';
  const login = { namespace, mount: mount.accessor, name };
  const known = await core.identity.findAliasByName(login);
  if (known) return sameAlias(known, wanted);
  return makeAlias(core, { ...login, mountId: mount.id }, wanted, fields.custom_metadata ?? {});
}

function refuseMount(accessor: string): never {
  return refuse(`invalid mount accessor "${accessor.slice(0, 64)}"`, 'list them: strongroom auth list');
}

async function keepAlias(core: Core, namespace: string, fields: AliasFields, id: string): Promise<Answer | undefined> {
  const alias = await core.identity.findAlias(namespace, id);
  if (!alias) refuse('invalid alias ID', 'list them: identity/entity-alias/id');
  const same =
    (fields.name === undefined || canonicalName(fields.name) === canonicalName(alias.name)) &&
    (fields.mount_accessor === undefined || fields.mount_accessor === alias.mount);
  if (!same) refuse('an alias keeps its name and mount', 'delete it and make another');
  return sameAlias(alias, fields.canonical_id ?? fields.entity_id ?? '');
}

function sameAlias(alias: Alias, wanted: string): undefined {
  if (wanted === '' || wanted === alias.entityId) return undefined;
  return refuse('this log-in name belongs to another entity', 'delete its alias first');
}

async function makeAlias(
  core: Core,
  { mountId, ...login }: { readonly namespace: string; readonly mount: string; readonly name: string; mountId: string },
  wanted: string,
  customMetadata: Readonly<Record<string, string>>,
): Promise<Answer> {
  const entity = wanted === '' ? undefined : await core.identity.findEntity(login.namespace, wanted);
  if (wanted !== '' && !entity) refuse('invalid canonical ID', 'there is no such entity');
  const created = entity ? undefined : core.identity.draftEntity({ namespace: login.namespace });
  const entityId = entity?.id ?? created?.entity.id ?? '';
  const { alias, change } = core.identity.draftAlias({ ...login, entityId, customMetadata });
  try {
    const guard = entity
      ? [{ kind: 'check' as const, table: 'entities' as const, key: { namespace: login.namespace, id: entity.id } }]
      : [];
    // A method that is removed takes its aliases with it: none is added behind it.
    const mountStays = { kind: 'check', table: 'mounts', key: { namespace: login.namespace, id: mountId } } as const;
    await core.store.commit([mountStays, ...guard, ...(created ? [created.change] : []), change]);
  } catch (error) {
    if (!isGuardFailure(error)) throw error;
    if (isGuardFailure(error, 0)) refuseMount(login.mount);
    refuse('Alias already exists for requested entity and mount accessor', 'an entity has one alias a mount');
  }
  return { data: { canonical_id: entityId, id: alias.id } };
}
