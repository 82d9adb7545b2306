import type { HclValue } from '../../lib/hcl/index.ts';
import type { KeyFilter } from './key-filter.ts';
import type { PathTemplate } from './path-template.ts';

/** Values a parameter may or must not have, by lower-case parameter name; an empty list means any value. */
export type ParameterValues = ReadonlyMap<string, readonly HclValue[]>;

/** What one `path` block of a policy says. */
export interface PolicyRule {
  /** As written, without a leading slash; holds `{{…}}` where `template` is set. */
  readonly path: string;
  readonly template: PathTemplate | undefined;
  /** Bits of `capabilityBits`; `deny` stands alone. Zero grants nothing. */
  readonly capabilities: number;
  readonly allowedParameters: ParameterValues | undefined;
  readonly deniedParameters: ParameterValues | undefined;
  /** Lower-case names. */
  readonly requiredParameters: readonly string[];
  /** 0 means no bound. */
  readonly minWrappingTtlSeconds: number;
  readonly maxWrappingTtlSeconds: number;
  /** Largest page of a list; 0 means no bound. */
  readonly paginationLimit: number;
  readonly keyFilter: KeyFilter | undefined;
  /** From this time on the rule is as if it were not written. */
  readonly expireMillis: number | undefined;
}

/** A policy's text, understood. Immutable; parse once per version of the policy and share. */
export interface ParsedPolicy {
  readonly rules: readonly PolicyRule[];
  /** Whether any path needs an identity; a policy without is the same for every caller. */
  readonly templated: boolean;
  readonly allowSlashesInIdentityTemplates: boolean;
  readonly allowWildcardsInIdentityTemplates: boolean;
}
