/**
 * Runs the test projects: the light ones in one go, then each heavy one by itself, so that two never share the machine.
 * Ends with the line `N passed, N failed`, counted from vitest's own reports. Exits with 1 when a test failed, a run
 * broke off, or no test ran at all. `--project NAME` chooses projects; every other argument goes to each run.
 */
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArguments, type TestArguments } from './test-arguments.ts';
import { testProjects } from './test-projects.ts';
import { addTallies, emptyTally, formatTally, type Tally, tallyReport } from './test-tally.ts';
import { root, runTool } from './tool.ts';

function readArguments(): TestArguments {
  try {
    return parseArguments(process.argv.slice(2), testProjects);
  } catch (error) {
    console.error((error as Error).message);
    process.exit(1);
  }
}

const { projectNames, rest } = readArguments();
const reports = mkdtempSync(join(tmpdir(), 'strongroom-tests-'));
process.on('exit', () => rmSync(reports, { recursive: true, force: true }));

const hasFiles = (name: string) =>
  testProjects.some((project) => project.name === name && globSync([...project.include], { cwd: root }).length > 0);

function groupProjects(): string[][] {
  const chosen = testProjects.filter(({ name }) => projectNames.includes(name) && hasFiles(name));
  const light = chosen.filter(({ heavy }) => !heavy).map(({ name }) => name);
  const alone = chosen.filter(({ heavy }) => heavy).map(({ name }) => [name]);
  return [light, ...alone].filter((group) => group.length > 0);
}

async function runGroup(names: readonly string[]): Promise<Tally> {
  const report = join(reports, `${names.join('-')}.json`);
  console.log(`\n── ${names.join(', ')} ──`);
  const { exitCode } = await runTool('vitest', [
    'run',
    ...names.flatMap((name) => ['--project', name]),
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...rest,
  ]);
  return tallyReport(existsSync(report) ? readFileSync(report, 'utf8') : undefined, exitCode);
}

let tally = emptyTally;
for (const names of groupProjects()) tally = addTallies(tally, await runGroup(names));

if (tally.passed + tally.failed === 0) console.log('\nno test ran');
console.log(`\n${formatTally(tally)}`);
process.exitCode = tally.failed > 0 || tally.passed === 0 ? 1 : 0;
