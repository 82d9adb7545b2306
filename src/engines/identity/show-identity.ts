import type { Alias, Core, Entity } from '../../core/index.ts';
import { formatTime, type JsonObject } from '../../lib/index.ts';

export function showAlias(core: Core, alias: Alias): JsonObject {
  const mount = core.mounts.byAccessor(alias.mount);
  return {
    canonical_id: alias.entityId,
    creation_time: formatTime(alias.createdMillis),
    custom_metadata: alias.customMetadata,
    id: alias.id,
    last_update_time: formatTime(alias.updatedMillis),
    local: false,
    merged_from_canonical_ids: null,
    metadata: alias.metadata,
    mount_accessor: alias.mount,
    mount_path: mount?.prefix ?? '',
    mount_type: mount?.type ?? '',
    name: alias.name,
    namespace_id: 'root',
  };
}

export async function showEntity(core: Core, entity: Entity): Promise<JsonObject> {
  const aliases = await core.identity.listAliases(entity.namespace, { entityId: entity.id });
  return {
    aliases: aliases.map((alias) => showAlias(core, alias)),
    creation_time: formatTime(entity.createdMillis),
    direct_group_ids: [],
    disabled: entity.disabled,
    group_ids: [],
    id: entity.id,
    inherited_group_ids: [],
    last_update_time: formatTime(entity.updatedMillis),
    merged_entity_ids: null,
    metadata: Object.keys(entity.metadata).length === 0 ? null : entity.metadata,
    name: entity.name,
    namespace_id: 'root',
    policies: entity.policies,
  };
}
