import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aclOf, findDisagreement, policyCase } from '../long/policies-cases.ts';
import { decidingPattern, type ModelPolicy, modelAllows } from '../long/policies-model.ts';

const grant = (pattern: string, ...capabilities: string[]) => ({ pattern, capabilities });

describe('the naive model itself', () => {
  // The rules of precedence, one by one, so that the model is not merely as wrong as the product.
  const winners: readonly (readonly [path: string, winner: string, ...others: string[]])[] = [
    ['a/b', 'a/b', 'a/*', 'a/+', '*'],
    ['a/b/c', 'a/b/*', 'a/*', '*'],
    ['a/b/c', 'a/b/+', 'a/+/c', '+/b/c'],
    ['a/b', 'a/+', 'a/*'],
    ['a/b/c/d', 'a/+/c/+', 'a/+/+/d', 'a/+/*'],
    ['a/bc', 'a/b*', 'a/+'],
    ['a/b/c', 'a/+/c', 'a/+/*'],
  ];
  it.each(winners)('for %s the rule %s decides', (path, winner, ...others) => {
    for (const patterns of [
      [winner, ...others],
      [...others, winner],
    ]) {
      const policies: ModelPolicy[] = [patterns.map((pattern) => grant(pattern, 'read'))];
      expect(decidingPattern(policies, path, false)).toBe(winner);
      expect(aclOf(policies).decide({ path, operation: 'read' }).rulePattern).toBe(winner);
    }
  });
});

describe('policies', () => {
  it('ACL-12: 10,000 random sets of policies are decided as the naive model decides them', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(policyCase, (testCase) => {
        expect(findDisagreement(testCase)).toBeUndefined();
      }),
      { numRuns: 10_000 },
    );
  });

  it('ACL-12: nothing is allowed where the pattern that decides is denied by any policy', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(policyCase, fc.nat(), ({ policies, paths, operation }, pick) => {
        const rules = policies.flat();
        const rule = rules[pick % Math.max(1, rules.length)];
        fc.pre(rule !== undefined);
        const denying = [...policies, [grant(rule?.pattern ?? '', 'deny')]];
        const acl = aclOf(denying);
        for (const path of paths) {
          const decision = acl.decide({ path, operation });
          if (decision.rulePattern === rule?.pattern) expect(decision.allowed).toBe(false);
          expect(decision.allowed).toBe(modelAllows(denying, path, operation));
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
