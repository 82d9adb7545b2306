/**
 * `npm run build`: dist/ for the published package and the container image. dist/ mirrors src/ at the same depth, so
 * that what the code finds beside it (drizzle/, hsm/) is found from both.
 */
import { cpSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rewriteModuleUrls } from './module-urls.ts';
import { root, runTool } from './tool.ts';

const source = join(root, 'src');
const target = join(root, 'dist');

rmSync(target, { recursive: true, force: true });
const { exitCode } = await runTool('tsc', ['--project', 'tsconfig.build.json']);
if (exitCode !== 0) process.exit(exitCode);

for (const file of globSync('**/*.js', { cwd: target })) {
  const path = join(target, file);
  const text = readFileSync(path, 'utf8');
  const rewritten = rewriteModuleUrls(text);
  if (rewritten !== text) writeFileSync(path, rewritten);
}

const assets = globSync('**/*.*', { cwd: source }).filter((file) => !/\.(?:ts|md)$/.test(file));
for (const file of assets) cpSync(join(source, file), join(target, file));
console.log(`dist/ is built${assets.length > 0 ? `, with ${assets.length} files that are not code` : ''}`);
