import type { HclValue } from '../../lib/hcl/index.ts';
import { capabilityBits, type Operation } from './capability.ts';
import { type Decision, freezeDecision, type RefusalReason } from './decision.ts';
import type { KeyFilter } from './key-filter.ts';
import type { ParameterValues, PolicyRule } from './parsed-policy.ts';
import type { PathPattern } from './path-pattern.ts';

export interface RuleSource {
  readonly policyName: string;
  readonly capabilities: number;
}

/**
 * What all policies of a caller say about one pattern. `deny` in any of them leaves `deny` alone; otherwise
 * capabilities unite, and so do the lists of parameters. Decisions are made once and shared.
 */
export class MergedRule {
  readonly pattern: PathPattern;
  readonly sources: RuleSource[] = [];
  capabilities = 0;
  allowedParameters: ParameterValues | undefined;
  deniedParameters: ParameterValues | undefined;
  requiredParameters: readonly string[] = [];
  minWrappingTtlSeconds = 0;
  maxWrappingTtlSeconds = 0;
  paginationLimit = 0;
  keyFilter: KeyFilter | undefined;
  /** False when the capability alone decides, as in nearly every rule. */
  isConstrained = false;
  readonly #allowing = new Map<Operation, Decision>();
  readonly #refusing = new Map<RefusalReason, Decision>();

  constructor(pattern: PathPattern) {
    this.pattern = pattern;
  }

  get isDeny(): boolean {
    return (this.capabilities & capabilityBits.deny) !== 0;
  }

  get grantsAnything(): boolean {
    return this.capabilities !== 0 && !this.isDeny;
  }

  add(rule: PolicyRule, policyName: string): void {
    this.sources.push({ policyName, capabilities: rule.capabilities });
    if (this.isDeny) return;
    if ((rule.capabilities & capabilityBits.deny) !== 0) {
      this.#becomeDeny();
      return;
    }
    this.capabilities |= rule.capabilities;
    this.allowedParameters = unite(this.allowedParameters, rule.allowedParameters);
    this.deniedParameters = unite(this.deniedParameters, rule.deniedParameters);
    this.requiredParameters = [...new Set([...this.requiredParameters, ...rule.requiredParameters])];
    this.minWrappingTtlSeconds = smallerBound(this.minWrappingTtlSeconds, rule.minWrappingTtlSeconds);
    this.maxWrappingTtlSeconds = smallerBound(this.maxWrappingTtlSeconds, rule.maxWrappingTtlSeconds);
    this.paginationLimit = smallerBound(this.paginationLimit, rule.paginationLimit);
    this.keyFilter ??= rule.keyFilter;
    this.isConstrained =
      this.allowedParameters !== undefined ||
      this.deniedParameters !== undefined ||
      this.requiredParameters.length + this.minWrappingTtlSeconds + this.maxWrappingTtlSeconds + this.paginationLimit >
        0;
  }

  allow(operation: Operation): Decision {
    return this.#allowing.get(operation) ?? this.#makeAllowing(operation);
  }

  refuse(reason: RefusalReason): Decision {
    return this.#refusing.get(reason) ?? this.#makeRefusing(reason);
  }

  #makeAllowing(operation: Operation): Decision {
    const granting = this.sources.filter((source) => (source.capabilities & capabilityBits[operation]) !== 0);
    const isListing = operation === 'list' || operation === 'scan';
    const decision = freezeDecision({
      allowed: true,
      sudo: (this.capabilities & capabilityBits.sudo) !== 0,
      grantingPolicies: Object.freeze(granting.map(({ policyName }) => ({ name: policyName, type: 'acl' as const }))),
      rulePattern: this.pattern.text,
      paginationLimit: isListing && this.paginationLimit > 0 ? this.paginationLimit : undefined,
      keyFilter: isListing ? this.keyFilter : undefined,
    });
    this.#allowing.set(operation, decision);
    return decision;
  }

  #makeRefusing(reason: RefusalReason): Decision {
    const sudo = (this.capabilities & capabilityBits.sudo) !== 0;
    const decision = freezeDecision({ reason, sudo, rulePattern: this.pattern.text });
    this.#refusing.set(reason, decision);
    return decision;
  }

  #becomeDeny(): void {
    this.capabilities = capabilityBits.deny;
    this.allowedParameters = undefined;
    this.deniedParameters = undefined;
    this.requiredParameters = [];
    this.minWrappingTtlSeconds = 0;
    this.maxWrappingTtlSeconds = 0;
    this.paginationLimit = 0;
    this.keyFilter = undefined;
    this.isConstrained = false;
  }
}

/** Keys unite, value lists are joined; an empty list on either side stays empty, since it means any value. */
function unite(left: ParameterValues | undefined, right: ParameterValues | undefined): ParameterValues | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  const united = new Map<string, readonly HclValue[]>(left);
  for (const [name, values] of right) {
    const present = united.get(name);
    if (present === undefined) united.set(name, values);
    else united.set(name, present.length === 0 || values.length === 0 ? [] : [...present, ...values]);
  }
  return united;
}

/** The smaller of two bounds, where 0 means none. */
function smallerBound(left: number, right: number): number {
  if (left === 0 || right === 0) return left + right;
  return Math.min(left, right);
}
