import fc from 'fast-check';
import { type Acl, compileAcl, type Operation, parsePolicy } from '../../src/core/policies/index.ts';
import { decidingPattern, type ModelPolicy, modelAllows, modelCapabilities } from './policies-model.ts';

export interface PolicyCase {
  readonly policies: readonly ModelPolicy[];
  readonly paths: readonly string[];
  readonly operation: Operation;
}

const operations: Operation[] = ['create', 'read', 'update', 'patch', 'delete', 'list', 'scan'];

// Few names, so that patterns collide and one is often a beginning of another.
const segment = fc.constantFrom('a', 'b', 'ab', 'abc', '+', '+', 'a+', '*');
const ending = fc.constantFrom('', '', '', '/', '*', '*', '/*');
const pattern = fc
  .tuple(fc.array(segment, { minLength: 1, maxLength: 4 }), ending)
  .map(([segments, end]) => segments.join('/') + end)
  .filter((text) => !text.includes('+*'));
const path = fc
  // In a request's path + and * are letters like any other.
  .tuple(
    fc.array(fc.constantFrom('a', 'b', 'ab', 'abc', 'abcd', 'z', '+', 'a+', '*'), { minLength: 1, maxLength: 5 }),
    fc.boolean(),
  )
  .map(([segments, slash]) => segments.join('/') + (slash ? '/' : ''));
const capabilities = fc.oneof(
  { weight: 4, arbitrary: fc.subarray([...operations, 'sudo']) },
  { weight: 1, arbitrary: fc.constant(['deny']) },
  { weight: 1, arbitrary: fc.constant(['read', 'deny', 'list']) },
);
const policy = fc.uniqueArray(fc.record({ pattern, capabilities }), {
  maxLength: 6,
  selector: (rule) => rule.pattern,
});

export const policyCase: fc.Arbitrary<PolicyCase> = fc.record({
  policies: fc.array(policy, { minLength: 1, maxLength: 3 }),
  paths: fc.array(path, { minLength: 1, maxLength: 4 }),
  operation: fc.constantFrom(...operations),
});

function toText(rules: ModelPolicy): string {
  const blocks = rules.map(
    (rule) => `path ${JSON.stringify(rule.pattern)} { capabilities = ${JSON.stringify(rule.capabilities)} }`,
  );
  return blocks.join('\n');
}

export function aclOf(policies: readonly ModelPolicy[]): Acl {
  return compileAcl(policies.map((rules, index) => ({ name: `policy-${index}`, policy: parsePolicy(toText(rules)) })));
}

/** Names the first difference between the product and the model; undefined when they agree. */
export function findDisagreement({ policies, paths, operation }: PolicyCase): string | undefined {
  const acl = aclOf(policies);
  for (const path of paths) {
    const decision = acl.decide({ path, operation });
    const listing = operation === 'list' || operation === 'scan';
    if (decision.allowed !== modelAllows(policies, path, operation)) return `${operation} ${path}: allowed`;
    if (decision.rulePattern !== decidingPattern(policies, path, listing)) return `${operation} ${path}: rule`;
    if (listing && acl.decide({ path: otherSpelling(path), operation }) !== decision) return `${path}: two spellings`;
    const expected = modelCapabilities(policies, path);
    if (acl.capabilities(path).join() !== expected.join()) return `capabilities of ${path}`;
    if (acl.explain({ path, operation }).allowed !== decision.allowed) return `explanation of ${path}`;
    const mount = path.slice(0, path.indexOf('/') + 1);
    if (mount !== '' && expected[0] !== 'deny' && !acl.allowsAnythingUnder(mount)) return `reach under ${mount}`;
  }
  return undefined;
}

function otherSpelling(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : `${path}/`;
}
