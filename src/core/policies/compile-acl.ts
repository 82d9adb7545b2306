import { type Clock, systemClock } from '../../lib/index.ts';
import { Acl } from './acl.ts';
import type { TemplateIdentity } from './path-template.ts';
import { type NamedPolicy, RuleTable } from './rule-table.ts';

export interface TemplateContext {
  /** Whose values fill `{{identity.…}}`; without one, templated rules yield nothing. */
  readonly identity?: TemplateIdentity | undefined;
  /** Judges `expiration` of rules; the system's clock unless given. */
  readonly clock?: Clock;
}

/**
 * Merges policies into one Acl. The order matters only for the key filter of lists, where the first one counts: pass
 * policies sorted by name. A policy named `root` allows everything, whatever its text.
 */
export function compileAcl(policies: readonly NamedPolicy[], context: TemplateContext = {}): Acl {
  if (policies.some(({ name }) => name === 'root')) return rootAcl();
  const { identity, clock = systemClock } = context;
  return new Acl({ isRoot: false, clock, build: (nowMillis) => new RuleTable(policies, identity, nowMillis) });
}

const root = new Acl({ isRoot: true, clock: systemClock, build: () => new RuleTable([], undefined, 0) });

/** The Acl that allows everything. */
export function rootAcl(): Acl {
  return root;
}
