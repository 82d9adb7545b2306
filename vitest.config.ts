import { defineConfig } from 'vitest/config';

/** One project a kind of proof; `npm test` runs them all, `npm run check` the quick ones. */
const project = (name: string, include: string[], testTimeout = 10_000) => ({
  test: { name, include, testTimeout, hookTimeout: Math.max(testTimeout, 60_000), pool: 'forks' as const },
});

export default defineConfig({
  test: {
    projects: [
      project('unit', ['src/**/*.test.ts']),
      project('architecture', ['test/architecture/**/*.test.ts']),
      project('vectors', ['test/vectors/**/*.test.ts'], 60_000),
      project('api', ['test/api/**/*.test.ts'], 60_000),
      project('hsm', ['test/hsm/**/*.test.ts'], 60_000),
      project('cli', ['test/cli/**/*.test.ts'], 120_000),
      project('clients', ['test/clients/**/*.test.ts'], 300_000),
      project('faults', ['test/faults/**/*.test.ts'], 300_000),
    ],
  },
});
