import { type Capability, namesOfCapabilities } from './capability.ts';
import type { MergedRule } from './merged-rule.ts';
import type { RuleTable } from './rule-table.ts';

export interface GrantedPattern {
  readonly capabilities: readonly Capability[];
}

/** `exact_paths` and `glob_paths` have no prototype: a path may be called `__proto__`. */
export interface GrantedPatterns {
  readonly root: boolean;
  readonly exact_paths: Readonly<Record<string, GrantedPattern>>;
  readonly glob_paths: Readonly<Record<string, GrantedPattern>>;
}

export function listGrantedPatterns(table: RuleTable, isRoot: boolean): GrantedPatterns {
  return {
    root: isRoot,
    exact_paths: toRecord(table.exact.values(), (rule) => rule.pattern.text),
    glob_paths: toRecord(table.wild.values(), globName),
  };
}

/** A plain prefix is named without its `*`; a pattern with `+` keeps it. */
function globName({ pattern }: MergedRule): string {
  return pattern.wild !== undefined && pattern.wild.tails.length === 0 ? pattern.wild.head : pattern.text;
}

function toRecord(
  rules: Iterable<MergedRule>,
  nameOf: (rule: MergedRule) => string,
): Readonly<Record<string, GrantedPattern>> {
  const record = Object.create(null) as Record<string, GrantedPattern>;
  for (const rule of rules) record[nameOf(rule)] = { capabilities: namesOfCapabilities(rule.capabilities) };
  return record;
}
