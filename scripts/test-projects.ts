/** One project a kind of proof. `vitest.config.ts` makes them, `scripts/run-tests.ts` runs them. */
export interface TestProject {
  readonly name: string;
  readonly include: readonly string[];
  readonly timeoutMillis: number;
  /** A heavy project starts servers, token processes or whole programs: its files run one after another, and alone. */
  readonly heavy: boolean;
}

const light = (name: string, include: string, timeoutSeconds: number): TestProject => ({
  name,
  include: [include],
  timeoutMillis: timeoutSeconds * 1000,
  heavy: false,
});

const heavy = (name: string, timeoutSeconds: number): TestProject => ({
  name,
  include: [`test/${name}/**/*.test.ts`],
  timeoutMillis: timeoutSeconds * 1000,
  heavy: true,
});

/** In the order in which they run. */
export const testProjects: readonly TestProject[] = [
  light('unit', 'src/**/*.test.ts', 10),
  light('architecture', 'test/architecture/**/*.test.ts', 30),
  light('vectors', 'test/vectors/**/*.test.ts', 60),
  light('api', 'test/api/**/*.test.ts', 60),
  heavy('hsm', 60),
  heavy('cli', 120),
  heavy('clients', 300),
  heavy('faults', 300),
];
