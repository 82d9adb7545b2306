import type { Answer, Core, EngineRequest, Entity } from '../../core/index.ts';
import { StrongroomError } from '../../lib/index.ts';
import { showEntity } from './show-identity.ts';

export interface LookupFields {
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  readonly alias_id?: string | undefined;
  readonly alias_name?: string | undefined;
  readonly alias_mount_accessor?: string | undefined;
}

/** The entity behind one of its names; nothing when there is none. */
export async function lookUpEntity(core: Core, request: EngineRequest<LookupFields>): Promise<Answer | undefined> {
  const { id, name, alias_id: aliasId, alias_name: aliasName, alias_mount_accessor: accessor } = request.fields;
  const given = [id, name, aliasId, aliasName].filter((value) => value !== undefined && value !== '');
  if (given.length !== 1 || (aliasName === undefined) !== (accessor === undefined)) {
    throw new StrongroomError('invalid_request', 'exactly one way to name an entity must be given', {
      hint: 'id, name, alias_id, or alias_name with alias_mount_accessor',
    });
  }
  const entity = await find(core, request.namespace, request.fields);
  return entity && { data: await showEntity(core, entity) };
}

async function find(core: Core, namespace: string, fields: LookupFields): Promise<Entity | undefined> {
  const { identity } = core;
  if (fields.id) return identity.findEntity(namespace, fields.id);
  if (fields.name) return identity.findEntityByName(namespace, fields.name);
  const alias = fields.alias_id
    ? await identity.findAlias(namespace, fields.alias_id)
    : await identity.findAliasByName({
        namespace,
        mount: fields.alias_mount_accessor ?? '',
        name: fields.alias_name ?? '',
      });
  return alias && identity.findEntity(namespace, alias.entityId);
}
