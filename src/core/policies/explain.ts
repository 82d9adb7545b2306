import { type Capability, capabilityBits, namesOfCapabilities } from './capability.ts';
import type { AclRequest, Decision, RefusalReason } from './decision.ts';
import type { MergedRule } from './merged-rule.ts';
import { compareWildPatterns, matchesAfterHead } from './path-pattern.ts';
import type { DroppedRule, RuleTable } from './rule-table.ts';

export interface ExplainedRule {
  readonly pattern: string;
  readonly capabilities: readonly Capability[];
  /** The policies that hold the pattern, and what each says. */
  readonly policies: readonly { readonly name: string; readonly capabilities: readonly Capability[] }[];
}

export interface AclExplanation {
  readonly allowed: boolean;
  readonly root: boolean;
  readonly sudo: boolean;
  readonly reason: RefusalReason | undefined;
  readonly path: string;
  /** The capability the request needs. */
  readonly needs: Capability;
  /** The one rule that decided. */
  readonly rule: ExplainedRule | undefined;
  /** Rules that match as well but have no say, the most specific first: one rule decides, rules never add up. */
  readonly replaced: readonly ExplainedRule[];
  /** Rules of the caller that yield nothing, at most 100. */
  readonly dropped: readonly DroppedRule[];
  /** What would allow the request; undefined when it is allowed. */
  readonly remedy: string | undefined;
}

const maxListed = 100;

export function explainRoot({ path, operation }: AclRequest): AclExplanation {
  return {
    allowed: true,
    root: true,
    sudo: true,
    reason: undefined,
    path,
    needs: operation,
    rule: undefined,
    replaced: [],
    dropped: [],
    remedy: undefined,
  };
}

export function explainDecision(
  table: RuleTable,
  request: AclRequest,
  decision: Decision,
  rule: MergedRule | undefined,
): AclExplanation {
  const { path, operation } = request;
  const replaced = findMatching(table, request).filter((other) => other !== rule);
  return {
    allowed: decision.allowed,
    root: false,
    sudo: decision.sudo,
    reason: decision.reason,
    path,
    needs: operation,
    rule: rule === undefined ? undefined : describe(rule),
    replaced: replaced.slice(0, maxListed).map(describe),
    dropped: table.dropped.slice(0, maxListed),
    remedy: decision.reason === undefined ? undefined : remedyFor(decision.reason, request, rule),
  };
}

/** Every rule that matches, the one that would decide first at the front. Walks all rules: not for the hot path. */
function findMatching(table: RuleTable, { path, operation }: AclRequest): MergedRule[] {
  const paths = operation === 'list' || operation === 'scan' ? spellings(path) : [path];
  const exact = paths.map((spelling) => table.exact.get(spelling)).filter((rule) => rule !== undefined);
  const wild = [...table.wild.values()].filter((rule) => paths.some((spelling) => matchesWild(rule, spelling)));
  return [...exact, ...wild.sort((left, right) => compareWildPatterns(left.pattern, right.pattern))];
}

function spellings(path: string): string[] {
  return path.endsWith('/') ? [path, path.slice(0, -1)] : [`${path}/`, path];
}

function matchesWild({ pattern: { wild } }: MergedRule, path: string): boolean {
  return wild !== undefined && path.startsWith(wild.head) && matchesAfterHead(wild, path);
}

function describe(rule: MergedRule): ExplainedRule {
  return {
    pattern: rule.pattern.text,
    capabilities: namesOfCapabilities(rule.capabilities),
    policies: rule.sources.map((source) => ({
      name: source.policyName,
      capabilities: namesOfCapabilities(source.capabilities),
    })),
  };
}

function remedyFor(reason: RefusalReason, request: AclRequest, rule: MergedRule | undefined): string {
  const pattern = JSON.stringify(rule?.pattern.text ?? '');
  switch (reason) {
    case 'no_rule':
      return `no rule matches; add: path ${JSON.stringify(request.path)} { capabilities = ["${request.operation}"] }`;
    case 'explicit_deny':
      return `take "deny" off path ${pattern} in ${denyingPolicies(rule)}, or add a more specific path that grants "${request.operation}"`;
    case 'capability_missing':
      return `add "${request.operation}" to the capabilities of path ${pattern} (a broader path does not help: the most specific one decides alone)`;
    case 'wrapping_required':
    case 'wrapping_ttl_too_long':
    case 'wrapping_ttl_too_short':
      return `ask for a wrapped answer ${wrappingBounds(rule)}, or change the wrapping TTLs of path ${pattern}`;
    case 'parameter_missing':
      return `send every parameter that path ${pattern} requires: ${(rule?.requiredParameters ?? []).join(', ')}`;
    case 'parameter_denied':
      return `leave out the parameters or values that path ${pattern} denies`;
    case 'parameter_not_allowed':
      return `send only parameters and values that path ${pattern} allows: ${[...(rule?.allowedParameters?.keys() ?? [])].join(', ')}`;
    case 'page_too_large':
      return `ask for pages of 1 to ${rule?.paginationLimit ?? 0} keys`;
  }
}

function denyingPolicies(rule: MergedRule | undefined): string {
  const denying = rule?.sources.filter((source) => (source.capabilities & capabilityBits.deny) !== 0) ?? [];
  return denying.map((source) => `policy ${JSON.stringify(source.policyName)}`).join(', ');
}

function wrappingBounds(rule: MergedRule | undefined): string {
  const bounds: string[] = [];
  if (rule !== undefined && rule.minWrappingTtlSeconds > 0) bounds.push(`of at least ${rule.minWrappingTtlSeconds} s`);
  if (rule !== undefined && rule.maxWrappingTtlSeconds > 0) bounds.push(`of at most ${rule.maxWrappingTtlSeconds} s`);
  return bounds.join(' and ');
}
