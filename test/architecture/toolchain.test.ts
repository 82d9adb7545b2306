import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { rewriteModuleUrls } from '../../scripts/module-urls.ts';
import { parseArguments } from '../../scripts/test-arguments.ts';
import { testProjects } from '../../scripts/test-projects.ts';
import { addTallies, emptyTally, formatTally, tallyReport } from '../../scripts/test-tally.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const manifest = JSON.parse(read('package.json')) as {
  readonly bin: Readonly<Record<string, string>>;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
};

describe('package.json', () => {
  it.each(['package-lock.json', 'scripts/node-runtime/package-lock.json'])(
    'has a lock file that names no registry and pins every package by digest: %s',
    (path) => {
      const { packages } = JSON.parse(read(path)) as { packages: Record<string, Record<string, unknown>> };
      const locked = Object.entries(packages).filter(([name]) => name !== '');
      expect(locked.length).toBeGreaterThan(0);
      expect(locked.filter(([, entry]) => 'resolved' in entry).map(([name]) => name)).toEqual([]);
      expect(locked.filter(([, entry]) => !String(entry['integrity']).startsWith('sha512-'))).toEqual([]);
      expect(read('.npmrc')).toMatch(/^omit-lockfile-registry-resolved=true$/m);
    },
  );

  it('pins every package to one version', () => {
    const versions = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });

  it('relies on no script that runs by itself, since those are switched off', () => {
    expect(read('.npmrc')).toMatch(/^ignore-scripts=true$/m);
    const names = Object.keys(manifest.scripts);
    const automatic = /^(?:pre|post)|^(?:install|prepare|prepublishOnly|prepack)$/;
    expect(names.filter((name) => automatic.test(name))).toEqual([]);
  });

  it('has the scripts that people are told of, made of programs that are there', () => {
    expect(Object.keys(manifest.scripts)).toEqual(
      expect.arrayContaining(['setup', 'demo', 'test', 'test:long', 'check', 'format', 'build', 'bench']),
    );
    const programs = Object.values(manifest.scripts).flatMap(
      (command) => command.match(/(?<![\w/.])(?:scripts|bin)\/[\w.-]+/g) ?? [],
    );
    for (const program of [...programs, ...Object.values(manifest.bin)]) {
      expect(existsSync(join(root, program)), program).toBe(true);
      if (!program.endsWith('.ts')) accessSync(join(root, program), constants.X_OK);
    }
  });
});

describe('the launcher', () => {
  it('finds Node 24.7 or newer where the PATH has an older one or none', () => {
    const folder = mkdtempSync(join(tmpdir(), 'strongroom-launcher-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    symlinkSync(join(root, 'bin/node24'), join(folder, 'linked'));
    const version = execFileSync(join(folder, 'linked'), ['--version'], { encoding: 'utf8' });
    const [, major, minor] = /^v(\d+)\.(\d+)\./.exec(version) ?? [];
    expect(Number(major) * 100 + Number(minor)).toBeGreaterThanOrEqual(2407);
  });

  it('passes arguments on as they are', () => {
    const program = 'console.log(JSON.stringify(process.argv.slice(1)))';
    const args = ['-config=a b', '$HOME', '*', "it's"];
    const output = execFileSync(join(root, 'bin/node24'), ['-e', program, '--', ...args], { encoding: 'utf8' });
    expect(JSON.parse(output)).toEqual(args);
  });

  it('puts that Node first on the PATH of a command', () => {
    const node = execFileSync(join(root, 'bin/node24'), ['--with', 'sh', '-c', 'command -v node'], {
      encoding: 'utf8',
    });
    const where = execFileSync(join(root, 'bin/node24'), ['--where'], { encoding: 'utf8' });
    expect(node).toBe(where);
  });
});

describe('the closing line of the tests', () => {
  const file = (status: string, ...statuses: string[]) => ({
    status,
    assertionResults: statuses.map((one) => ({ status: one })),
  });
  const report = (passed: number, failed: number, testResults: unknown[] = []) =>
    JSON.stringify({
      numPassedTests: passed,
      numFailedTests: failed,
      numPendingTests: 0,
      numTodoTests: 0,
      testResults,
    });

  it('is the sum over the runs', () => {
    const sum = [report(3, 0), report(4, 2, [file('failed', 'failed', 'failed')])]
      .map((json, index) => tallyReport(json, index))
      .reduce(addTallies, emptyTally);
    expect(formatTally(sum)).toBe('7 passed, 2 failed');
  });

  it('counts a file that could not be loaded as a failure', () => {
    expect(tallyReport(report(3, 0, [file('passed', 'passed'), file('failed')]), 1)).toMatchObject({ failed: 1 });
  });

  it('counts a run that broke off as a failure, whatever passed', () => {
    expect(tallyReport(report(3, 0), 1)).toMatchObject({ passed: 3, failed: 1 });
    expect(tallyReport(undefined, 0)).toMatchObject({ passed: 0, failed: 1 });
  });

  it('says how many tests were left out', () => {
    expect(formatTally({ passed: 1, failed: 0, skipped: 2 })).toBe('1 passed, 0 failed, 2 skipped');
  });
});

describe('the arguments of the tests', () => {
  it('choose projects, and leave the rest to vitest', () => {
    const argv = ['--project', 'unit', '-t', 'seal', '--project=api'];
    expect(parseArguments(argv, testProjects)).toEqual({ projectNames: ['unit', 'api'], rest: ['-t', 'seal'] });
    expect(parseArguments([], testProjects).projectNames).toEqual(testProjects.map(({ name }) => name));
  });

  it('refuse a project that does not exist', () => {
    expect(() => parseArguments(['--project', 'units'], testProjects)).toThrow('no test project is called "units"');
  });
});

describe('the build', () => {
  it('points modules that are started by their URL at what was emitted', () => {
    expect(rewriteModuleUrls(`fork(new URL('./child/main.ts', import.meta.url))`)).toBe(
      `fork(new URL('./child/main.js', import.meta.url))`,
    );
    expect(rewriteModuleUrls(`new URL('../../drizzle/', import.meta.url)`)).toContain('../../drizzle/');
  });

  it('holds nothing that only tests use', () => {
    const tsc = join(root, 'node_modules/.bin/tsc');
    const listed = execFileSync(tsc, ['-p', join(root, 'tsconfig.build.json'), '--listFilesOnly'], {
      encoding: 'utf8',
    });
    const files = listed.split('\n').filter((file) => file.startsWith(join(root, 'src')));
    expect(files.length).toBeGreaterThan(300);
    const forTests = /\.(?:test|bench)\.ts$|-fixture\.ts$|conformance|harness|crash-child|test-listener|\/testing\//;
    expect(files.filter((file) => forTests.test(file))).toEqual([]);
  });
});
