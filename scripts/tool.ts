/** Runs the development tools of node_modules under the Node that runs this. */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the working copy. */
export const root: string = fileURLToPath(new URL('..', import.meta.url));

const requireFromRoot = createRequire(join(root, 'package.json'));

const packages = { vitest: 'vitest', biome: '@biomejs/biome', tsc: 'typescript' } as const;

export type ToolName = keyof typeof packages;

function findScript(tool: ToolName): string {
  const manifest = requireFromRoot.resolve(`${packages[tool]}/package.json`);
  const { bin } = requireFromRoot(manifest) as { readonly bin: string | Readonly<Record<string, string>> };
  const path = typeof bin === 'string' ? bin : bin[tool];
  if (path === undefined) throw new Error(`${packages[tool]} has no program ${tool}`);
  return join(dirname(manifest), path);
}

export interface ToolResult {
  /** 128 and the signal's number when a signal ended it, as in a shell. */
  readonly exitCode: number;
  readonly elapsedSeconds: number;
}

/** Runs one tool in the working copy, its output going where ours goes. Programs it starts find this Node first. */
export function runTool(tool: ToolName, args: readonly string[]): Promise<ToolResult> {
  const started = performance.now();
  const child = spawn(process.execPath, [findScript(tool), ...args], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH'] ?? ''}` },
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      const exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
      resolve({ exitCode, elapsedSeconds: (performance.now() - started) / 1000 });
    });
  });
}
