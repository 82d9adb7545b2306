import type { Entity } from '../../core/index.ts';
import type { JsonObject } from '../../lib/index.ts';

/** What an organisation says about everybody's PATs. Whole seconds; 0 = not set. */
export interface PatRules {
  readonly maxTtlSeconds: number;
  readonly requireExpiry: boolean;
  readonly requireJustification: boolean;
  /** PATs work from these blocks only, whatever they say themselves. Empty: from anywhere. */
  readonly boundCidrs: readonly string[];
  /** 0: no limit. */
  readonly maxLivePerEntity: number;
  /** Who may have PATs, by entity id or name; empty: everybody. */
  readonly allowedEntities: readonly string[];
  /** Whom none of the rules binds. */
  readonly exemptEntities: readonly string[];
}

export const noRules: PatRules = {
  maxTtlSeconds: 0,
  requireExpiry: false,
  requireJustification: false,
  boundCidrs: [],
  maxLivePerEntity: 0,
  allowedEntities: [],
  exemptEntities: [],
};

type Named = Pick<Entity, 'id' | 'name'>;

const isNamed = ({ id, name }: Named, names: readonly string[]): boolean => names.includes(id) || names.includes(name);

/** The rules as they bind one entity; undefined when it may have no PATs at all. */
export function rulesFor(rules: PatRules, entity: Named): PatRules | undefined {
  if (isNamed(entity, rules.exemptEntities)) return noRules;
  return rules.allowedEntities.length === 0 || isNamed(entity, rules.allowedEntities) ? rules : undefined;
}

export function showRules(rules: PatRules): JsonObject {
  return {
    allowed_entities: rules.allowedEntities,
    allowed_grants: null,
    bound_cidrs: rules.boundCidrs,
    exempt_entities: rules.exemptEntities,
    max_live_per_entity: rules.maxLivePerEntity,
    max_ttl: rules.maxTtlSeconds,
    require_approval: false,
    require_expiry: rules.requireExpiry,
    require_justification: rules.requireJustification,
  };
}
