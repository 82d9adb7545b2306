import {
  type AnyRoute,
  access,
  type Core,
  type Entity,
  field,
  largestPage,
  pageFields,
  pageLength,
  revokeWhere,
  route,
} from '../../core/index.ts';
import { StrongroomError } from '../../lib/index.ts';
import { lookUpEntity } from './look-up-entity.ts';
import { showAlias, showEntity } from './show-identity.ts';
import { writeAlias } from './write-alias.ts';
import { writeEntity } from './write-entity.ts';

const entityFields = {
  id: field.text().optional(),
  name: field.text().optional(),
  metadata: field.keyValues().optional(),
  policies: field.list().optional(),
  disabled: field.boolean().optional(),
};
const aliasFields = {
  id: field.text().optional(),
  name: field.text().optional(),
  canonical_id: field.text().optional(),
  entity_id: field.text().optional(),
  mount_accessor: field.text().optional(),
  custom_metadata: field.keyValues().optional(),
};
const id = { id: field.text() };
const name = { name: field.text() };

const missing = (): StrongroomError => new StrongroomError('not_found', '', { hint: 'there is no such identity' });

export function identityRoutes(core: Core): AnyRoute[] {
  return [...entityRoutes(core), ...namedRoutes(core), ...aliasRoutes(core)];
}

/**
 * The entity of a name in a path, which counts as it is stored: rights were decided on the path as it was sent, so that
 * another spelling must not reach what a rule about the name denies.
 */
async function findSpelled(core: Core, namespace: string, text: string): Promise<Entity | undefined> {
  const entity = await core.identity.findEntityByName(namespace, text);
  return entity?.name === text ? entity : undefined;
}

/** PATs first: their rows stay as a record of what there was, and none may look live without its owner. */
async function remove(core: Core, namespace: string, entity: Entity | undefined): Promise<void> {
  if (!entity) return;
  await revokeWhere(
    core.credentials,
    { namespace, entityId: entity.id },
    { dryRun: false, nowMillis: core.clock.nowMillis(), reason: 'the owner was deleted' },
  );
  await core.identity.deleteEntity(namespace, entity.id, [core.tokens.endOfEntity(namespace, entity.id)]);
  await core.revocations.settle(namespace);
}

/**
 * The log-ins under the name end with it: a new password, or the end of the user, finds what it has to revoke by the
 * alias.
 */
async function removeAlias(core: Core, namespace: string, id: string): Promise<void> {
  const alias = await core.identity.findAlias(namespace, id);
  if (!alias) return;
  await core.identity.deleteAlias(namespace, id, [core.tokens.endOfEntity(namespace, alias.entityId, alias.mount)]);
  await core.revocations.settle(namespace);
}

function entityRoutes(core: Core): AnyRoute[] {
  return [
    route({
      id: 'identity.entity.write',
      verb: 'POST',
      path: 'entity',
      summary: 'Makes an entity, or changes the one of an id or name.',
      access: access.capability,
      fields: entityFields,
      handle: (request) => writeEntity(core, request, 'any spelling'),
    }),
    route({
      id: 'identity.entity.list',
      verb: 'LIST',
      path: 'entity/id',
      summary: 'Lists the entities by id.',
      access: access.capability,
      fields: pageFields,
      handle: async ({ namespace, fields }) => {
        const entities = await core.identity.listEntities(namespace, fields.after ?? '', pageLength(fields));
        if (entities.length === 0) throw missing();
        const info = await Promise.all(
          entities.map(async (entity) => {
            const aliases = await core.identity.listAliases(namespace, { entityId: entity.id });
            return [entity.id, { aliases: aliases.map((alias) => showAlias(core, alias)), name: entity.name }] as const;
          }),
        );
        return { data: { key_info: Object.fromEntries(info), keys: entities.map((entity) => entity.id) } };
      },
    }),
    route({
      id: 'identity.entity.read',
      verb: 'GET',
      path: 'entity/id/:id',
      summary: 'Shows an entity.',
      access: access.capability,
      fields: id,
      handle: async ({ namespace, fields }) => {
        const entity = await core.identity.findEntity(namespace, fields.id);
        if (!entity) throw missing();
        return { data: await showEntity(core, entity) };
      },
    }),
    route({
      id: 'identity.entity.update',
      verb: 'POST',
      path: 'entity/id/:id',
      summary: 'Changes an entity.',
      access: access.capability,
      fields: { ...entityFields, ...id },
      handle: (request) => writeEntity(core, request, 'never'),
    }),
    route({
      id: 'identity.entity.delete',
      verb: 'DELETE',
      path: 'entity/id/:id',
      summary: 'Deletes an entity with its aliases, and revokes its tokens.',
      access: access.capability,
      fields: id,
      handle: async ({ namespace, fields }) =>
        remove(core, namespace, await core.identity.findEntity(namespace, fields.id)),
    }),
    route({
      id: 'identity.entity.lookup',
      verb: 'POST',
      path: 'lookup/entity',
      summary: 'Finds an entity by one of its names.',
      access: access.capability,
      fields: {
        ...entityFields,
        alias_id: field.text().optional(),
        alias_name: field.text().optional(),
        alias_mount_accessor: field.text().optional(),
      },
      handle: (request) => lookUpEntity(core, request),
    }),
  ];
}

function namedRoutes(core: Core): AnyRoute[] {
  return [
    route({
      id: 'identity.entity_name.list',
      verb: 'LIST',
      path: 'entity/name',
      summary: 'Lists the entities by name.',
      access: access.capability,
      fields: {},
      handle: async ({ namespace }) => {
        const entities = await core.identity.listEntities(namespace, '', largestPage);
        if (entities.length === 0) throw missing();
        return { data: { keys: entities.map((entity) => entity.name).sort() } };
      },
    }),
    route({
      id: 'identity.entity_name.read',
      verb: 'GET',
      path: 'entity/name/:name*',
      summary: 'Shows the entity of a name.',
      access: access.capability,
      fields: name,
      handle: async ({ namespace, fields }) => {
        const entity = await findSpelled(core, namespace, fields.name);
        if (!entity) throw missing();
        return { data: await showEntity(core, entity) };
      },
    }),
    route({
      id: 'identity.entity_name.write',
      verb: 'POST',
      path: 'entity/name/:name*',
      summary: 'Makes or changes the entity of a name.',
      access: access.capability,
      fields: { ...entityFields, ...name },
      handle: (request) => writeEntity(core, { ...request, fields: { ...request.fields, id: undefined } }, 'as stored'),
    }),
    route({
      id: 'identity.entity_name.delete',
      verb: 'DELETE',
      path: 'entity/name/:name*',
      summary: 'Deletes the entity of a name with its aliases, and revokes its tokens.',
      access: access.capability,
      fields: name,
      handle: async ({ namespace, fields }) => remove(core, namespace, await findSpelled(core, namespace, fields.name)),
    }),
  ];
}

function aliasRoutes(core: Core): AnyRoute[] {
  return [
    route({
      id: 'identity.alias.write',
      verb: 'POST',
      path: 'entity-alias',
      summary: 'Ties a log-in name to an entity.',
      access: access.capability,
      fields: aliasFields,
      handle: (request) => writeAlias(core, request),
    }),
    route({
      id: 'identity.alias.list',
      verb: 'LIST',
      path: 'entity-alias/id',
      summary: 'Lists the aliases.',
      access: access.capability,
      fields: {},
      handle: async ({ namespace }) => {
        const aliases = await core.identity.listAliases(namespace);
        if (aliases.length === 0) throw missing();
        const info = Object.fromEntries(aliases.map((alias) => [alias.id, showAlias(core, alias)]));
        return { data: { key_info: info, keys: aliases.map((alias) => alias.id) } };
      },
    }),
    route({
      id: 'identity.alias.read',
      verb: 'GET',
      path: 'entity-alias/id/:id',
      summary: 'Shows an alias.',
      access: access.capability,
      fields: id,
      handle: async ({ namespace, fields }) => {
        const alias = await core.identity.findAlias(namespace, fields.id);
        if (!alias) throw missing();
        return { data: showAlias(core, alias) };
      },
    }),
    route({
      id: 'identity.alias.update',
      verb: 'POST',
      path: 'entity-alias/id/:id',
      summary: 'Confirms an alias; it keeps its name, mount and entity.',
      access: access.capability,
      fields: { ...aliasFields, ...id },
      handle: (request) => writeAlias(core, request),
    }),
    route({
      id: 'identity.alias.delete',
      verb: 'DELETE',
      path: 'entity-alias/id/:id',
      summary: 'Deletes an alias and ends its log-ins: the next one under its name is a new identity.',
      access: access.capability,
      fields: id,
      handle: ({ namespace, fields }) => removeAlias(core, namespace, fields.id),
    }),
  ];
}
