import { type Mount, requireCidrs, requireTexts } from '../../../core/index.ts';
import { StrongroomError } from '../../../lib/index.ts';
import { type PatStore, rulesId } from '../pat-store.ts';
import { noRules, type PatRules } from '../rules.ts';

export interface RuleFields {
  readonly max_ttl?: number | undefined;
  readonly require_expiry?: boolean | undefined;
  readonly require_approval?: boolean | undefined;
  readonly require_justification?: boolean | undefined;
  readonly allowed_grants?: unknown;
  readonly bound_cidrs?: readonly string[] | undefined;
  readonly max_live_per_entity?: number | undefined;
  readonly allowed_entities?: readonly string[] | undefined;
  readonly exempt_entities?: readonly string[] | undefined;
  readonly dry_run?: boolean | undefined;
}

function refuse(message: string, hint: string): never {
  throw new StrongroomError('invalid_field', message, { hint });
}

/** Stores the rules that were sent over those there were; answers them all. */
export async function writeRules(pats: PatStore, mount: Mount, fields: RuleFields): Promise<PatRules> {
  refuseUnserved(fields);
  if ((fields.max_live_per_entity ?? 0) < 0) refuse('max_live_per_entity must not be negative', '0 means unlimited');
  let stored = noRules;
  await pats.rules.modify(mount, rulesId, (before = noRules) => {
    stored = merge(before, fields);
    return stored;
  });
  return stored;
}

/** A rule that is not enforced must not look as if it were. */
function refuseUnserved(fields: RuleFields): void {
  for (const name of ['require_approval', 'allowed_grants', 'dry_run'] as const) {
    if (fields[name] !== undefined && fields[name] !== null && fields[name] !== false)
      refuse(`${name} is not supported in this release`, 'leave it out');
  }
}

function merge(before: PatRules, fields: RuleFields): PatRules {
  const names = (sent: readonly string[] | undefined, what: string, previous: readonly string[]) =>
    sent === undefined ? previous : requireTexts(sent, what, 1_000);
  return {
    maxTtlSeconds: fields.max_ttl ?? before.maxTtlSeconds,
    requireExpiry: fields.require_expiry ?? before.requireExpiry,
    requireJustification: fields.require_justification ?? before.requireJustification,
    boundCidrs: fields.bound_cidrs === undefined ? before.boundCidrs : requireCidrs(fields.bound_cidrs),
    maxLivePerEntity: fields.max_live_per_entity ?? before.maxLivePerEntity,
    allowedEntities: names(fields.allowed_entities, 'allowed_entities', before.allowedEntities),
    exemptEntities: names(fields.exempt_entities, 'exempt_entities', before.exemptEntities),
  };
}
