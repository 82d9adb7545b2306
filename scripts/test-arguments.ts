import type { TestProject } from './test-projects.ts';

export interface TestArguments {
  /** The projects asked for, all of them when none is named. */
  readonly projectNames: readonly string[];
  /** What goes to vitest as it is. */
  readonly rest: readonly string[];
}

/** Reads `--project NAME` and `--project=NAME`, any number of times. A name that is no project is an error. */
export function parseArguments(argv: readonly string[], projects: readonly TestProject[]): TestArguments {
  const all = projects.map(({ name }) => name);
  const named: string[] = [];
  const rest: string[] = [];
  for (let index = 0; index < argv.length; index += 1) {
    const argument = argv[index] as string;
    if (argument === '--project') {
      index += 1;
      named.push(argv[index] ?? '');
    } else if (argument.startsWith('--project=')) {
      named.push(argument.slice('--project='.length));
    } else {
      rest.push(argument);
    }
  }
  const unknown = named.find((name) => !all.includes(name));
  if (unknown !== undefined) throw new Error(`no test project is called "${unknown}"; there are ${all.join(', ')}`);
  return { projectNames: named.length > 0 ? named : all, rest };
}
