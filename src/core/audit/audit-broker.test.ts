import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { isError } from '../../lib/index.ts';
import { openAuditBroker } from './audit-broker.ts';
import { brokerOptions, chainKey, entryOf, readLog, recorded } from './audit-fixture.ts';
import { fileSink, inFolder, openBroker, stopAll, TrialDevice, trial } from './broker-fixture.ts';
import { verifyAuditLog } from './reading/verify-log.ts';
import type { SinkTarget } from './sinks/sink-config.ts';

afterEach(stopAll);

describe('enable, disable, list, reopen, stop', () => {
  it('enable writes a first line and refuses what cannot be written, is taken or is not allowed', async () => {
    await inFolder(async (folder) => {
      const broker = await openBroker({});
      const target: SinkTarget = { kind: 'file', filePath: join(folder, 'a.log') };
      await broker.enable('file/', { target, description: 'main' });
      expect((await readLog(join(folder, 'a.log')))[0]).toMatchObject({ type: 'begin', sink: 'file/' });
      const refused = [
        broker.enable('file/', { target: { kind: 'discard' } }),
        broker.enable('second/', { target }),
        broker.enable('third/', { target: { kind: 'file', filePath: join(folder, 'x', '..', 'a.log') } }),
        broker.enable('raw/', { target: { kind: 'discard' }, format: { logRaw: true } }),
        broker.enable('../x/', { target: { kind: 'discard' } }),
        broker.enable('noslash', { target: { kind: 'discard' } }),
        broker.enable('gone/', { target: { kind: 'socket', network: 'unix', socketPath: join(folder, 'none') } }),
        broker.enable('under/', { target: { kind: 'file', filePath: join(folder, 'a.log', 'b.log') } }),
      ];
      for (const result of await Promise.allSettled(refused)) {
        expect(result).toMatchObject({ status: 'rejected', reason: { code: 'invalid_request' } });
      }
      expect(broker.list()).toEqual([
        { path: 'file/', description: 'main', target, format: expect.objectContaining({ hmacAccessor: true }) },
      ]);
      await broker.open(entryOf('a'));
    });
  });

  it('disable ends the log with a signed checkpoint; an unknown path is no error', async () => {
    await inFolder(async (folder) => {
      const file = join(folder, 'a.log');
      const broker = await openBroker({ sinks: [fileSink('file/', file)] });
      const waiting = broker.open(entryOf('a'));
      await broker.disable('file/');
      await waiting;
      await broker.disable('file/');
      expect((await readLog(file)).at(-1)).toMatchObject({ type: 'checkpoint', reason: 'stop', key_id: 'key-1' });
      expect(broker.list()).toEqual([]);
      await broker.enable('file/', { target: { kind: 'file', filePath: file } });
    });
  });

  it('reopen ends a log that was moved away and begins the next, which names the end of the one before', async () => {
    await inFolder(async (folder) => {
      const file = join(folder, 'audit.log');
      const broker = await openBroker({ sinks: [fileSink('file/', file)] });
      await broker.open(entryOf('a'));
      await rename(file, `${file}.1`);
      const during = broker.open(entryOf('b'));
      const reopening = broker.reopen();
      const after = broker.open(entryOf('c'));
      await Promise.all([during, reopening, after]);
      await broker.stop();
      const old = await readLog(`${file}.1`);
      expect(old.at(-1)).toMatchObject({ type: 'checkpoint', reason: 'rotation' });
      const [begin] = await readLog(file);
      expect(begin).toMatchObject({
        type: 'begin',
        previous: { seq: old.at(-1)?.['seq'], chain: old.at(-1)?.['chain'] },
      });
      expect([...(await recorded(`${file}.1`)), ...(await recorded(file))]).toEqual([
        'request a',
        'request b',
        'request c',
      ]);
      for (const path of [file, `${file}.1`])
        expect(await verifyAuditLog(path, { chainKey })).toMatchObject({ ok: true });
    });
  });

  it('AUD-01: a log that is deleted while it is written begins again at its path', async () => {
    await inFolder(async (folder) => {
      const file = join(folder, 'audit.log');
      const settings = { checkpointLines: 1, timeoutMillis: 1000, retryMillis: 2, maxRetryMillis: 4 };
      const broker = await openBroker({ sinks: [fileSink('file/', file)], settings });
      await broker.open(entryOf('a'));
      await rename(file, `${file}.gone`);
      const { rm } = await import('node:fs/promises');
      await rm(`${file}.gone`);
      await vi.waitFor(
        async () => {
          await broker.open(entryOf('b')).catch(() => {});
          expect((await readLog(file))[0]).toMatchObject({ type: 'begin', previous: { seq: expect.any(Number) } });
        },
        { timeout: 3000, interval: 5 },
      );
    });
  });

  it('stop refuses later lines and does not wait for ever for a sink that hangs', async () => {
    const device = new TrialDevice();
    const broker = await trial([device], { settings: { timeoutMillis: 30, signTimeoutMillis: 30 } });
    device.mode = 'hangs';
    await expect(broker.open(entryOf('a'))).rejects.toSatisfy((error) => isError(error, 'audit_unavailable'));
    await broker.stop();
    await expect(broker.open(entryOf('b'))).rejects.toMatchObject({ code: 'audit_unavailable' });
  });

  it('STO-02: refuses to start with a sink that must not be used', async () => {
    await inFolder(async (folder) => {
      const { symlink } = await import('node:fs/promises');
      await symlink('/etc/passwd', join(folder, 'link.log'));
      const sinks = [fileSink('file/', join(folder, 'link.log'))];
      await expect(openAuditBroker(brokerOptions({ sinks }))).rejects.toMatchObject({ code: 'invalid_request' });
    });
  });
});
