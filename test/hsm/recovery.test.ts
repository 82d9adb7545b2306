import { spawn } from 'node:child_process';
import { renameSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PublicKey } from '../../src/crypto/index.ts';
import type { Pkcs11KeyProvider } from '../../src/keys/index.ts';
import { isError } from '../../src/lib/index.ts';
import { isRunning, makeTokenFixture, type TokenFixture, until } from './token-fixture.ts';

let token: TokenFixture;
beforeEach(async () => {
  token = await makeTokenFixture();
});
afterEach(() => token.dispose());

const data = Buffer.from('data');
const isOk = (keys: Pkcs11KeyProvider) => () => keys.health().state === 'ok';

interface LoadReport {
  wrong: number;
  right: number;
  refused: number;
  readonly otherErrors: unknown[];
}

/** Signs in several lanes until `stop` is called, judging every answer. */
function startLoad(
  keys: Pkcs11KeyProvider,
  id: string,
  publicKeyDer: Buffer,
): { report: LoadReport; stop(): Promise<void> } {
  const outside = PublicKey.fromSpki(publicKeyDer);
  const report: LoadReport = { wrong: 0, right: 0, refused: 0, otherErrors: [] };
  let stopped = false;
  const lane = async (): Promise<void> => {
    while (!stopped) {
      try {
        const valid = outside.verify('ecdsa-sha256', data, await keys.sign(id, 'ecdsa-sha256', data));
        if (valid) report.right += 1;
        else report.wrong += 1;
      } catch (error) {
        if (isError(error, 'keys_unavailable')) report.refused += 1;
        else report.otherErrors.push(error);
      }
      await new Promise((resolve) => setTimeout(resolve, 4));
    }
  };
  const lanes = Array.from({ length: 8 }, lane);
  const stop = async (): Promise<void> => {
    stopped = true;
    await Promise.all(lanes);
  };
  return { report, stop };
}

describe('PKCS#11 recovery', () => {
  it.each(['blocking', 'threaded'] as const)(
    'SEAL-04: a token that disappears under load and comes back (%s calls) costs refusals only, and no restart of ours',
    async (calls) => {
      const keys = await token.open({ calls, maximumBackOffMillis: 400, probeMillis: 500 });
      const { id, publicKeyDer } = await keys.generate({ algorithm: 'ec-p256', label: 'load' });
      const { report, stop } = startLoad(keys, id, publicKeyDer as Buffer);
      await until('load runs', () => report.right > 20);
      const aside = `${token.folder}/aside`;
      renameSync(token.tokensFolder, aside);
      await until('down within 5 s', () => keys.health().state === 'degraded', 5000);
      await expect(keys.describe(id)).rejects.toMatchObject({ code: 'keys_unavailable' });
      await expect(keys.generate({ algorithm: 'ec-p256', label: 'x' })).rejects.toMatchObject({
        code: 'keys_unavailable',
      });
      await expect(keys.sign(id, 'ecdsa-sha256', data)).rejects.toMatchObject({
        code: 'keys_unavailable',
        retryAfterSeconds: 1,
      });
      renameSync(aside, token.tokensFolder);
      await until('up within 30 s', isOk(keys), 30_000);
      const before = report.right;
      await until('load runs again', () => report.right > before + 20);
      await stop();
      expect(report).toMatchObject({ wrong: 0, otherErrors: [] });
      expect(report.refused).toBeGreaterThan(0);
      expect(keys.health().generation).toBe(2);
    },
  );

  it('a token that went and came back between two requests is noticed by the next one', async () => {
    const keys = await token.open({ probeMillis: 3_600_000 });
    const { id } = await keys.generate({ algorithm: 'ec-p256', label: 'k' });
    renameSync(token.tokensFolder, `${token.folder}/aside`);
    await expect(keys.sign(id, 'ecdsa-sha256', data)).rejects.toMatchObject({ code: 'keys_unavailable' });
    renameSync(`${token.folder}/aside`, token.tokensFolder);
    await until('up again', () => keys.health().state === 'ok' && keys.health().generation > 1);
    expect(await keys.verify(id, 'ecdsa-sha256', data, await keys.sign(id, 'ecdsa-sha256', data))).toBe(true);
  });

  it('a child killed under load is replaced; what was under way is refused, nothing hangs', async () => {
    const keys = await token.open();
    const { id, publicKeyDer } = await keys.generate({ algorithm: 'ec-p256', label: 'load' });
    const { report, stop } = startLoad(keys, id, publicKeyDer as Buffer);
    await until('load runs', () => report.right > 20);
    const first = keys.childPid() as number;
    process.kill(first, 'SIGKILL');
    await until('another child', () => keys.health().state === 'ok' && keys.childPid() !== first);
    const before = report.right;
    await until('load runs again', () => report.right > before + 20);
    await stop();
    expect(report).toMatchObject({ wrong: 0, otherErrors: [] });
    expect(keys.health().generation).toBe(2);
  });

  it.each([1, 3])(
    'a child that hangs with %i requests under way is ended at the deadline and replaced',
    async (count) => {
      const keys = await token.open({ deadlines: { operationMillis: 300 } });
      const { id } = await keys.generate({ algorithm: 'ec-p256', label: 'k' });
      await keys.sign(id, 'ecdsa-sha256', data);
      const hung = keys.childPid() as number;
      process.kill(hung, 'SIGSTOP');
      const requests = Array.from({ length: count }, () => keys.sign(id, 'ecdsa-sha256', data));
      for (const result of await Promise.allSettled(requests)) {
        expect(result).toMatchObject({ status: 'rejected', reason: { code: 'keys_unavailable' } });
      }
      expect(keys.health().state).toBe('degraded');
      await until('another child', () => keys.health().state === 'ok' && keys.childPid() !== hung);
      await until('the hung one has gone', () => !isRunning(hung));
      expect((await keys.sign(id, 'ecdsa-sha256', data)).length).toBeGreaterThan(60);
    },
  );

  it('a child killed while it makes a key leaves no twin when the order is repeated', async () => {
    const keys = await token.open();
    const request = { algorithm: 'rsa-2048', label: 'once', id: 'cd'.repeat(20) } as const;
    for (let round = 0; round < 4; round += 1) {
      const making = keys.generate(request);
      const pid = keys.childPid() as number;
      setTimeout(() => process.kill(pid, 'SIGKILL'), 10 * (round + 1));
      const result = (await Promise.allSettled([making]))[0];
      if (result?.status === 'rejected') expect(result.reason).toMatchObject({ code: 'keys_unavailable' });
      await until('another child', () => keys.health().state === 'ok' && keys.childPid() !== pid);
    }
    const made = await keys.generate(request);
    expect(await keys.describe(request.id)).toEqual(made);
    expect(await token.tamper('delete', request.id)).toBe('2');
  });

  it('the child ends with the server, also when that is killed', async () => {
    const holder = spawn(process.execPath, [fileURLToPath(new URL('hold-token.ts', import.meta.url))], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const { modulePath, label, pin, configuration } = token;
    holder.stdin.end(JSON.stringify({ modulePath, label, pin, configuration }));
    const childPid = await new Promise<number>((resolve) => {
      holder.stdout.once('data', (text: Buffer) => resolve(Number(text.toString())));
    });
    expect(isRunning(childPid)).toBe(true);
    holder.kill('SIGKILL');
    await until('the child has ended', () => !isRunning(childPid), 5000);
  });

  it('closing ends the child', async () => {
    const keys = await token.open();
    const pid = keys.childPid() as number;
    await keys.close();
    expect(isRunning(pid)).toBe(false);
  });
});
