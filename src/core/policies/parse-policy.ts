import { type HclBlock, type HclEntry, hclBlocks, parseHcl, refuseAt } from '../../lib/hcl/index.ts';
import { isError, StrongroomError } from '../../lib/index.ts';
import { parseRule } from './parse-rule.ts';
import type { ParsedPolicy, PolicyRule } from './parsed-policy.ts';

export interface PolicyOptions {
  /** Lets values of identity templates hold `/`, and so move a rule to another depth. */
  readonly allowSlashesInIdentityTemplates?: boolean;
  /** Lets values of identity templates hold `+` and `*`, and so widen a rule. */
  readonly allowWildcardsInIdentityTemplates?: boolean;
}

/**
 * Parses the text of an ACL policy, HCL or JSON, of at most 1 MiB. Strict: an unknown key or capability, or the same
 * path twice, refuses the whole policy, because a rule that is not what its author meant is worse than none.
 *
 * @throws StrongroomError `invalid_request` "failed to parse policy: line L, column C: …"
 */
export function parsePolicy(text: string, options: PolicyOptions = {}): ParsedPolicy {
  try {
    const rules = readDocument(parseHcl(text).entries);
    return {
      rules,
      templated: rules.some((rule) => rule.template !== undefined),
      allowSlashesInIdentityTemplates: options.allowSlashesInIdentityTemplates ?? false,
      allowWildcardsInIdentityTemplates: options.allowWildcardsInIdentityTemplates ?? false,
    };
  } catch (error) {
    if (!isError(error)) throw error;
    const { hint } = error;
    throw new StrongroomError('invalid_request', `failed to parse policy: ${error.message}`, { hint, cause: error });
  }
}

function readDocument(entries: readonly HclEntry[]): PolicyRule[] {
  const rules: PolicyRule[] = [];
  const seen = new Set<string>();
  for (const entry of entries) {
    if (entry.key === 'name') {
      if (entry.value.kind !== 'string' || entry.labels.length > 0) refuseAt(entry.position, '"name" must be a text');
      continue;
    }
    if (entry.key !== 'path') {
      refuseAt(entry.position, `unknown key ${quote(entry.key)}`, 'a policy holds only "path" blocks and a "name"');
    }
    for (const block of hclBlocks(entry, 1)) rules.push(readPath(block, seen));
  }
  return rules;
}

function readPath(block: HclBlock, seen: Set<string>): PolicyRule {
  const rule = parseRule(block);
  if (seen.has(rule.path)) {
    refuseAt(block.position, `path ${quote(rule.path)} occurs twice`, 'write all capabilities of a path in one block');
  }
  seen.add(rule.path);
  return rule;
}

/** A policy is no secret, but its author may paste anything: quote little. */
function quote(text: string): string {
  return JSON.stringify(text.length > 128 ? `${text.slice(0, 128)}…` : text);
}
