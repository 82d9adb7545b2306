import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll } from 'vitest';
import { leadClient } from './lead-client.ts';

const source = fileURLToPath(new URL('go', import.meta.url));
const go = fileURLToPath(new URL('../../.runtime/clients/go', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'strongroom-clients-go-'));
const program = join(folder, 'client');

afterAll(() => rmSync(folder, { recursive: true, force: true }));

leadClient("OpenBao's Go client", async () => {
  try {
    await promisify(execFile)(go, ['build', '-o', program, '.'], {
      cwd: source,
      // What set-up has downloaded, and nothing else: a test brings nothing from the network.
      env: { ...process.env, GOTOOLCHAIN: 'local', GOFLAGS: '-mod=readonly -buildvcs=false', GOPROXY: 'off' },
    });
  } catch (cause) {
    const said = (cause as { stderr?: string }).stderr?.trim() || String(cause);
    throw new Error(
      `the Go client was not built; where Go or its modules are missing, run scripts/setup --for=test: ${said}`,
    );
  }
  return { command: program, args: [], env: {} };
});
