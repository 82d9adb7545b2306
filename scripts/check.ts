/** `npm run check`: what must hold before every commit, in the order in which it is quickest to say no. */
import { runTool, type ToolName } from './tool.ts';

const steps: readonly (readonly [title: string, tool: ToolName, args: readonly string[]])[] = [
  ['format and lint', 'biome', ['ci']],
  ['types', 'tsc', ['--project', 'tsconfig.json']],
  ['architecture and unit tests', 'vitest', ['run', '--project', 'architecture', '--project', 'unit']],
];

const lines: string[] = [];
for (const [title, tool, args] of steps) {
  const { exitCode, elapsedSeconds } = await runTool(tool, args);
  if (exitCode !== 0) process.exitCode = 1;
  lines.push(`  ${exitCode === 0 ? 'ok    ' : 'FAILED'}  ${title} (${elapsedSeconds.toFixed(1)} s)`);
}
console.log(`\n${lines.join('\n')}`);
