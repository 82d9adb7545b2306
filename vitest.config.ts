import { defineConfig } from 'vitest/config';
import { type TestProject, testProjects } from './scripts/test-projects.ts';

const settings = ({ name, include, timeoutMillis, heavy }: TestProject) => ({
  test: {
    name,
    include: [...include],
    testTimeout: timeoutMillis,
    hookTimeout: Math.max(timeoutMillis, 60_000),
    fileParallelism: !heavy,
    // Processes, not threads: a native module that fails takes its own test file down and no other.
    pool: 'forks' as const,
  },
});

export default defineConfig({
  test: {
    projects: testProjects.map(settings),
    maxWorkers: 2,
    passWithNoTests: true,
    // A test left on `.only` would let the others go unproved.
    allowOnly: false,
  },
});
