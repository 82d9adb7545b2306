import { type AnyRoute, access, field, route } from '../../core/index.ts';
import { writeRules } from './operations/write-rules.ts';
import { type PatStore, readRules } from './pat-store.ts';
import { showRules } from './rules.ts';

/** What an organisation says about everybody's PATs. */
export function ruleRoutes(pats: PatStore): AnyRoute[] {
  return [
    route({
      id: 'pat.rules.read',
      verb: 'GET',
      path: 'rules',
      summary: 'Shows the rules for personal access tokens.',
      access: access.capability,
      fields: {},
      handle: async ({ mount }) => ({ data: showRules(await readRules(pats, mount)) }),
    }),
    route({
      id: 'pat.rules.write',
      verb: 'POST',
      path: 'rules',
      summary: 'Changes the rules for personal access tokens.',
      access: access.capability,
      fields: {
        max_ttl: field.seconds().optional(),
        require_expiry: field.boolean().optional(),
        require_approval: field.boolean().optional(),
        require_justification: field.boolean().optional(),
        allowed_grants: field.any().optional(),
        bound_cidrs: field.list().optional(),
        max_live_per_entity: field.integer().optional(),
        allowed_entities: field.list().optional(),
        exempt_entities: field.list().optional(),
        dry_run: field.boolean().optional(),
      },
      handle: async ({ mount, fields }) => ({ data: showRules(await writeRules(pats, mount, fields)) }),
    }),
  ];
}
