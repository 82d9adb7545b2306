import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { chainKey, entryOf, hashKey, Notices, readLog, recorded, requestOf } from './audit-fixture.ts';
import { fileSink, inFolder, openBroker, stopAll, TrialDevice, trial } from './broker-fixture.ts';
import { lineLimits } from './lines/data-text.ts';
import { verifyAuditLog } from './reading/verify-log.ts';
import { deviceMaker } from './sinks/open-device.ts';
import type { SinkTarget } from './sinks/sink-config.ts';

afterEach(stopAll);

describe('recording', () => {
  it('AUD-04: each request leaves one request and one response line', async () => {
    await inFolder(async (folder) => {
      const file = join(folder, 'audit.log');
      const broker = await openBroker({ sinks: [fileSink('file/', file)] });
      const ids = Array.from({ length: 300 }, (_, index) => `r${index}`);
      await Promise.all(
        ids.map(async (id) => {
          await broker.open(entryOf(id));
          await broker.close(entryOf(id, { outcome: 'ok' }));
        }),
      );
      const lines = await recorded(file);
      expect(lines.toSorted()).toEqual(ids.flatMap((id) => [`request ${id}`, `response ${id}`]).toSorted());
      await broker.stop();
      expect(await verifyAuditLog(file, { chainKey })).toMatchObject({ ok: true });
    });
  });

  it('resolves only when the line is in the file', async () => {
    await inFolder(async (folder) => {
      const file = join(folder, 'audit.log');
      const broker = await openBroker({ sinks: [fileSink('file/', file)] });
      await broker.open(entryOf('a'));
      expect(await recorded(file)).toEqual(['request a']);
    });
  });

  it('writes the lines of one tick in one piece with one MAC', async () => {
    const device = new TrialDevice();
    const broker = await trial([device]);
    device.text = '';
    await Promise.all([broker.open(entryOf('a')), broker.open(entryOf('b')), broker.open(entryOf('c'))]);
    const requests = device.text.split('\n').filter((line) => line.includes('"type":"request"'));
    expect(requests).toHaveLength(3);
    expect(device.text.match(/"mac":/g)?.length).toBeLessThanOrEqual(2);
  });

  it('gives each sink its own options, and hash() gives what the log shows', async () => {
    await inFolder(async (folder) => {
      const [plain, clear] = [join(folder, 'a.log'), join(folder, 'b.log')];
      const target: SinkTarget = { kind: 'file', filePath: clear };
      const config = { target, format: { hmacAccessor: false, prefix: '@cee: ' } };
      const broker = await openBroker({ sinks: [fileSink('a/', plain), { path: 'b/', config }] });
      await broker.open(entryOf('x', { auth: { accessor: 'acc' } }));
      await broker.stop();
      expect((await readLog(plain)).find(({ type }) => type === 'request')).toMatchObject({
        auth: { accessor: broker.hash('acc') },
      });
      expect((await readLog(clear)).find(({ type }) => type === 'request')).toMatchObject({
        auth: { accessor: 'acc' },
      });
      expect(
        (await readFile(clear, 'utf8'))
          .split('\n')
          .slice(0, -1)
          .every((line) => line.startsWith('@cee: {')),
      ).toBe(true);
      expect(await verifyAuditLog(clear, { chainKey, prefix: '@cee: ' })).toMatchObject({ ok: true });
    });
  });

  it('with no sink enabled nothing is recorded and nothing is refused, and health says so', async () => {
    const broker = await openBroker({});
    await broker.open(entryOf('a'));
    expect(broker.health()).toEqual({ enabled: 0, healthy: 0, sinks: [] });
  });

  it('AUD-07: a line beyond the limits fails its request alone', async () => {
    const device = new TrialDevice();
    const broker = await trial([device]);
    const data = { many: new Array(lineLimits.maxValues).fill(1) };
    const [large, small] = await Promise.allSettled([
      broker.open(entryOf('large', { request: requestOf('large', { data }) })),
      broker.open(entryOf('small')),
    ]);
    expect(large).toMatchObject({ status: 'rejected', reason: { code: 'invalid_request' } });
    expect(small.status).toBe('fulfilled');
    await expect(broker.close(entryOf('large', { response: { data } }))).rejects.toMatchObject({
      code: 'audit_unavailable',
    });
    expect(device.text).not.toContain('kv/data/large');
  });

  it('HTTP-22: data that throws when it is read fails its request alone, without its text', async () => {
    const device = new TrialDevice();
    const broker = await trial([device]);
    const data = {
      get value(): string {
        throw new Error('CANARY');
      },
    };
    const failure: unknown = await broker
      .open(entryOf('a', { request: requestOf('a', { data }) }))
      .catch((error) => error);
    expect(failure).toMatchObject({ code: 'audit_unavailable', message: 'internal error' });
    await broker.open(entryOf('b'));
  });
});

describe('checkpoints', () => {
  it('follow every so many lines, name the line they cover, and are signed', async () => {
    const device = new TrialDevice();
    const broker = await trial([device], { settings: { checkpointLines: 10, checkpointMillis: 60_000 } });
    for (let index = 0; index < 40; index += 1) await broker.open(entryOf(`${index}`));
    await broker.stop();
    const bytes = Buffer.from(device.text);
    const { verifySignature } = await import('./audit-fixture.ts');
    const verdict = await verifyAuditLog([bytes], {
      verifySignature,
      chainKey,
    });
    expect(verdict).toMatchObject({ ok: true });
    expect(verdict.checkpoints).toBeGreaterThanOrEqual(4);
    expect(verdict.signedLines).toBe(verdict.lines - 1);
  });

  it('that cannot be signed stop no request, and health says so until they can', async () => {
    const device = new TrialDevice();
    let broken = true;
    const signer = (): Promise<Buffer> => {
      if (broken) throw Object.assign(new Error('HSM CANARY'), { code: 'CKR_DEVICE_ERROR' });
      return Promise.resolve(Buffer.from('signed'));
    };
    const log = new Notices();
    const broker = await trial([device], {
      signCheckpoint: signer,
      log,
      settings: { checkpointMillis: 1, checkpointLines: 5 },
    });
    for (let index = 0; index < 20; index += 1) await broker.open(entryOf(`${index}`));
    expect(broker.health()).toMatchObject({ healthy: 1, sinks: [{ checkpointFailure: 'CKR_DEVICE_ERROR' }] });
    expect(log.texts.join()).not.toContain('CANARY');
    expect(device.text).not.toContain('"type":"checkpoint"');
    broken = false;
    await vi.waitFor(() => expect(device.text).toContain('"type":"checkpoint"'), { timeout: 3000, interval: 2 });
    expect(broker.health().sinks[0]?.checkpointFailure).toBeUndefined();
  });
});

it('deviceMaker makes a device for every kind of target', () => {
  const make = deviceMaker(chainKey);
  const targets: SinkTarget[] = [{ kind: 'stdout' }, { kind: 'discard' }, { kind: 'file', filePath: '/tmp/none' }];
  expect(targets.map((target) => make(target).constructor.name)).toEqual([
    'StdoutDevice',
    'DiscardDevice',
    'FileDevice',
  ]);
  expect(hashKey.hex('a')).toHaveLength(64);
});
