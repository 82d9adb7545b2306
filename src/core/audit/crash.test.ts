import { spawn } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { openAuditBroker } from './audit-broker.ts';
import { brokerOptions, chainKey, entryOf, readLog, recorded, verifySignature, withFolder } from './audit-fixture.ts';
import { verifyAuditLog } from './reading/verify-log.ts';

const child = fileURLToPath(new URL('./crash-child.ts', import.meta.url));

/** Runs a command until it has printed `lines` lines (then kills it with signal 9) or ends; answers what it printed. */
async function runUntil(command: readonly string[], lines: number): Promise<string[]> {
  const [program = '', ...rest] = command;
  const running = spawn(program, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  running.stdout.on('data', (data: Buffer) => {
    text += data.toString('utf8');
    if (text.split('\n').length > lines) running.kill('SIGKILL');
  });
  await new Promise((resolve) => running.on('close', resolve));
  return text.split('\n').slice(0, -1);
}

async function reopenAndStop(file: string): Promise<void> {
  const sinks = [{ path: 'file/', config: { target: { kind: 'file', filePath: file } as const } }];
  const broker = await openAuditBroker(brokerOptions({ sinks }));
  await broker.open(entryOf('last'));
  await broker.stop();
}

it('AUD-08: after kill -9 every acknowledged request has its pair and the chain goes on', async () => {
  await withFolder(async (folder) => {
    const file = join(folder, 'audit.log');
    const acknowledged: string[] = [];
    for (const [round, lines] of [300, 1, 2000, 777].entries()) {
      const printed = await runUntil([process.execPath, child, file, `round${round}`], lines);
      acknowledged.push(...printed.filter((line) => line.startsWith('ok ')).map((line) => line.slice(3)));
    }
    await reopenAndStop(file);
    const counts = new Map<string, number>();
    for (const line of await recorded(file)) counts.set(line, (counts.get(line) ?? 0) + 1);
    expect(acknowledged.length).toBeGreaterThan(3000);
    for (const id of acknowledged) {
      expect(counts.get(`request ${id}`)).toBe(1);
      expect(counts.get(`response ${id}`)).toBe(1);
    }
    expect(await verifyAuditLog(file, { chainKey, verifySignature })).toMatchObject({ ok: true });
  });
}, 60_000);

it('AUD-01: at the limit of a file size no line is torn and nothing unrecorded is acknowledged', async () => {
  await withFolder(async (folder) => {
    const file = join(folder, 'audit.log');
    // Past the limit the system gives a short write, then EFBIG: as a full disk does.
    const limited = `trap '' XFSZ; ulimit -f 128; exec "$0" "$@"`;
    const printed = await runUntil(['sh', '-c', limited, process.execPath, child, file, 'full'], 1_000_000);
    expect(printed.at(-1)).toBe('refused');
    expect((await stat(file)).size).toBeLessThanOrEqual(128 * 1024);
    const lines = new Set(await recorded(file));
    const acknowledged = printed.filter((line) => line.startsWith('ok ')).map((line) => line.slice(3));
    expect(acknowledged.length).toBeGreaterThan(10);
    for (const id of acknowledged) expect(lines.has(`response ${id}`)).toBe(true);
    await reopenAndStop(file);
    expect((await readLog(file)).at(-1)).toMatchObject({ type: 'checkpoint', reason: 'stop' });
    expect(await verifyAuditLog(file, { chainKey, verifySignature })).toMatchObject({ ok: true });
  });
}, 60_000);
