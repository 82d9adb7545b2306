/**
 * Random policies and requests, decided by the product and by a naive model: `node test/long/policies.ts
 * --cases=1000000 [--seed=1]`. Ends with 1 at the first disagreement, which it prints in its smallest form.
 */
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { findDisagreement, policyCase } from './policies-cases.ts';

const batchSize = 20_000;
const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
  },
});
const cases = Number(values.cases);
const seed = Number(values.seed);
if (!Number.isSafeInteger(cases) || cases < 1 || !Number.isSafeInteger(seed)) {
  process.stderr.write('usage: node test/long/policies.ts --cases=1000000 [--seed=1]\n');
  process.exit(1);
}

process.stdout.write(`policies: ${cases} cases, seed ${seed}\n`);
const startMillis = performance.now();
let done = 0;
while (done < cases) {
  const size = Math.min(batchSize, cases - done);
  const property = fc.property(policyCase, (testCase) => findDisagreement(testCase) === undefined);
  const result = fc.check(property, { numRuns: size, seed: seed + done });
  if (result.failed) {
    const [testCase] = result.counterexample as [Parameters<typeof findDisagreement>[0]];
    process.stdout.write(`DISAGREEMENT: ${findDisagreement(testCase)}\n${JSON.stringify(testCase, null, 2)}\n`);
    process.exit(1);
  }
  done += size;
  const seconds = (performance.now() - startMillis) / 1000;
  process.stdout.write(`${done} of ${cases} agree, ${Math.round(done / seconds)} a second\n`);
}
process.stdout.write(`policies: ${cases} cases, no disagreement\n`);
