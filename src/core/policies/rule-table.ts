import { MergedRule } from './merged-rule.ts';
import type { ParsedPolicy, PolicyRule } from './parsed-policy.ts';
import { compareWildPatterns, type PathPattern, parsePathPattern } from './path-pattern.ts';
import { renderPathTemplate, type TemplateIdentity } from './path-template.ts';
import { RuleTree } from './rule-tree.ts';

export interface NamedPolicy {
  readonly name: string;
  readonly policy: ParsedPolicy;
}

/** A rule that yields nothing for this caller: its template has no usable value, or its time is over. */
export interface DroppedRule {
  readonly policyName: string;
  readonly path: string;
  readonly why: 'template_unresolved' | 'expired';
}

/** All rules of one caller at one time, merged by pattern and laid out for matching. */
export class RuleTable {
  readonly exact = new Map<string, MergedRule>();
  /** Rules with a wildcard, by the text of the pattern. */
  readonly wild = new Map<string, MergedRule>();
  readonly dropped: DroppedRule[] = [];
  /** When the next rule ends: from then on the table must be built again. */
  readonly staleAtMillis: number;
  readonly #tree: RuleTree;

  constructor(policies: readonly NamedPolicy[], identity: TemplateIdentity | undefined, nowMillis: number) {
    let staleAtMillis = Number.POSITIVE_INFINITY;
    for (const { name, policy } of policies) {
      for (const rule of policy.rules) {
        if (rule.expireMillis !== undefined && rule.expireMillis <= nowMillis) {
          this.dropped.push({ policyName: name, path: rule.path, why: 'expired' });
          continue;
        }
        staleAtMillis = Math.min(staleAtMillis, rule.expireMillis ?? Number.POSITIVE_INFINITY);
        const pattern = patternFor(rule, policy, identity);
        if (pattern === undefined) this.dropped.push({ policyName: name, path: rule.path, why: 'template_unresolved' });
        else this.#ruleFor(pattern).add(rule, name);
      }
    }
    this.staleAtMillis = staleAtMillis;
    this.#tree = new RuleTree(this.wild.values());
  }

  /** The one rule that decides on a path. */
  find(path: string): MergedRule | undefined {
    return this.exact.get(path) ?? this.#tree.find(path);
  }

  /**
   * The one rule that decides on listing a path, the same for both spellings: exact with the final slash, exact
   * without, then wildcards in that order. A `deny` that is the more specific of the two wildcard rules holds,
   * whichever spelling it was written for.
   */
  findForListing(path: string): MergedRule | undefined {
    const bare = path.endsWith('/') ? path.slice(0, -1) : path;
    const folder = bare === path ? `${path}/` : path;
    const exact = this.exact.get(folder) ?? this.exact.get(bare);
    if (exact !== undefined) return exact;
    const forFolder = this.#tree.find(folder);
    const forBare = this.#tree.find(bare);
    if (forFolder === undefined || forBare === undefined) return forFolder ?? forBare;
    const isDenied = forBare.isDeny && compareWildPatterns(forBare.pattern, forFolder.pattern) < 0;
    return isDenied ? forBare : forFolder;
  }

  #ruleFor(pattern: PathPattern): MergedRule {
    const rules = pattern.wild === undefined ? this.exact : this.wild;
    const present = rules.get(pattern.text);
    if (present !== undefined) return present;
    const rule = new MergedRule(pattern);
    rules.set(pattern.text, rule);
    return rule;
  }
}

function patternFor(
  rule: PolicyRule,
  policy: ParsedPolicy,
  identity: TemplateIdentity | undefined,
): PathPattern | undefined {
  if (rule.template === undefined) return parsePathPattern(rule.path);
  const path = renderPathTemplate(rule.template, identity, {
    slashes: policy.allowSlashesInIdentityTemplates,
    wildcards: policy.allowWildcardsInIdentityTemplates,
  });
  return path === undefined ? undefined : parsePathPattern(path);
}
