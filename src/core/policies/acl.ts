import type { Clock } from '../../lib/index.ts';
import { capabilityBits, namesOfCapabilities } from './capability.ts';
import { findBrokenConstraint } from './constraints.ts';
import { type AclRequest, type Decision, noRuleDecision, rootDecision } from './decision.ts';
import { type AclExplanation, explainDecision, explainRoot } from './explain.ts';
import { type GrantedPatterns, listGrantedPatterns } from './granted-patterns.ts';
import type { KeyFilter } from './key-filter.ts';
import type { MergedRule } from './merged-rule.ts';
import { grantsAnythingUnder } from './reach.ts';
import type { RuleTable } from './rule-table.ts';

const listedKeyBits = capabilityBits.read | capabilityBits.list | capabilityBits.scan;

/** Builds the table of rules as they stand at a time. */
export type BuildRuleTable = (nowMillis: number) => RuleTable;

/**
 * What one caller may do, decided on paths alone. Immutable to its users; build one per set of policy versions and
 * identity version, and keep it. Rules with an expiration end by themselves.
 */
export class Acl {
  readonly isRoot: boolean;
  readonly #clock: Clock;
  readonly #build: BuildRuleTable;
  #table: RuleTable;

  constructor(options: { isRoot: boolean; clock: Clock; build: BuildRuleTable }) {
    this.isRoot = options.isRoot;
    this.#clock = options.clock;
    this.#build = options.build;
    this.#table = options.build(options.clock.nowMillis());
  }

  /** Whether a request is allowed. Answers shared frozen objects; throws nothing. */
  decide(request: AclRequest): Decision {
    if (this.isRoot) return rootDecision;
    const rule = this.#ruleFor(request);
    if (rule === undefined) return noRuleDecision;
    const { operation } = request;
    if ((rule.capabilities & capabilityBits[operation]) === 0) {
      return rule.refuse(rule.isDeny ? 'explicit_deny' : 'capability_missing');
    }
    if (!rule.isConstrained) return rule.allow(operation);
    const broken = findBrokenConstraint(rule, request);
    return broken === undefined ? rule.allow(operation) : rule.refuse(broken);
  }

  /**
   * The capabilities on a path, sorted, as `sys/capabilities` answers them: `["root"]`, or `["deny"]` for none.
   * Parameter and wrapping constraints are left aside.
   */
  capabilities(path: string): string[] {
    if (this.isRoot) return ['root'];
    return namesOfCapabilities(this.#capabilityBits(path));
  }

  /** Whether a key of a list may be shown under the list's filter: the caller can read, list or scan what it names. */
  showsListedKey(filter: KeyFilter, listPath: string, key: string): boolean {
    if (this.isRoot) return true;
    const path = filter.pathFor(listPath.endsWith('/') ? listPath : `${listPath}/`, key);
    return path !== undefined && (this.#capabilityBits(path) & listedKeyBits) !== 0;
  }

  /** Whether anything at all is allowed on some path that starts with `prefix`: shows a mount to those who can use it. */
  allowsAnythingUnder(prefix: string): boolean {
    return this.isRoot || grantsAnythingUnder(this.#currentTable(), prefix);
  }

  /** All rules, as `sys/internal/ui/resultant-acl` answers them. */
  grantedPatterns(): GrantedPatterns {
    return listGrantedPatterns(this.#currentTable(), this.isRoot);
  }

  /** Which rule decides on a request, which rules it replaces, and what would allow it. Not for the hot path. */
  explain(request: AclRequest): AclExplanation {
    if (this.isRoot) return explainRoot(request);
    return explainDecision(this.#currentTable(), request, this.decide(request), this.#ruleFor(request));
  }

  #ruleFor({ path, operation }: AclRequest): MergedRule | undefined {
    const table = this.#currentTable();
    return operation === 'list' || operation === 'scan' ? table.findForListing(path) : table.find(path);
  }

  #capabilityBits(path: string): number {
    const table = this.#currentTable();
    const rule = path.endsWith('/') ? table.findForListing(path) : table.find(path);
    return rule === undefined || rule.isDeny ? 0 : rule.capabilities;
  }

  #currentTable(): RuleTable {
    // Most tables never end: they cost no look at the clock.
    if (this.#table.staleAtMillis === Number.POSITIVE_INFINITY) return this.#table;
    const nowMillis = this.#clock.nowMillis();
    if (nowMillis >= this.#table.staleAtMillis) this.#table = this.#build(nowMillis);
    return this.#table;
  }
}
