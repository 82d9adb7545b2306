import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { chainKey, entryOf, Notices, readLog, recorded, requestOf } from './audit-fixture.ts';
import { fileSink, inFolder, openBroker, stopAll, TrialDevice, trial, works } from './broker-fixture.ts';
import { verifyAuditLog } from './reading/verify-log.ts';
import type { AuditDevice } from './sinks/device.ts';
import type { SinkTarget } from './sinks/sink-config.ts';

afterEach(stopAll);

describe('sinks that fail', () => {
  for (const mode of ['fails', 'hangs'] as const) {
    it(`AUD-01: when the only sink ${mode}, open and close are refused within the time-out`, async () => {
      const device = new TrialDevice();
      const log = new Notices();
      const broker = await trial([device], { log });
      device.mode = mode;
      const results = await Promise.allSettled([broker.open(entryOf('a')), broker.close(entryOf('b'))]);
      for (const result of results) {
        expect(result).toMatchObject({
          status: 'rejected',
          reason: { code: 'audit_unavailable', message: 'internal error' },
        });
      }
      expect(broker.health()).toMatchObject({ enabled: 1, healthy: 0, sinks: [{ path: 'a/', healthy: false }] });
      expect(log.texts.join('\n')).toContain('an audit sink fails');
      expect(log.texts.join('\n')).not.toContain('CANARY');
      device.release();
      await works(broker);
      await broker.open(entryOf('c'));
      expect(device.text).toContain('kv/data/c');
    });
  }

  it('AUD-01: a sink known to fail refuses at once, without waiting for the time-out', async () => {
    const device = new TrialDevice();
    const broker = await trial([device], { settings: { timeoutMillis: 60_000, retryMillis: 60_000 } });
    device.mode = 'fails';
    await expect(broker.open(entryOf('a'))).rejects.toMatchObject({ code: 'audit_unavailable' });
    await expect(broker.open(entryOf('b'))).rejects.toMatchObject({ code: 'audit_unavailable' });
  });

  for (const mode of ['fails', 'hangs'] as const) {
    it(`AUD-01: one healthy sink is enough while another ${mode}; the other tells later what it missed`, async () => {
      const [broken, healthy] = [new TrialDevice(), new TrialDevice()];
      const broker = await trial([broken, healthy]);
      broken.mode = mode;
      for (let index = 0; index < 20; index += 1) {
        await broker.open(entryOf(`r${index}`));
        await broker.close(entryOf(`r${index}`));
      }
      for (let index = 0; index < 20; index += 1) expect(healthy.text).toContain(`kv/data/r${index}"`);
      await vi.waitFor(() => expect(broker.health().healthy).toBe(1), { timeout: 3000, interval: 2 });
      broken.release();
      await works(broker);
      expect(broken.text).toMatch(/"type":"begin"[^\n]*"missed_lines":\d+/);
      await broker.open(entryOf('after'));
      expect(broken.text).toContain('kv/data/after');
    });
  }

  it('AUD-01: with all sinks failing the request is refused, and one that comes back is enough', async () => {
    const devices = [new TrialDevice(), new TrialDevice(), new TrialDevice()];
    const broker = await trial(devices);
    for (const device of devices) device.mode = device === devices[1] ? 'hangs' : 'fails';
    await expect(broker.open(entryOf('a'))).rejects.toMatchObject({ code: 'audit_unavailable' });
    (devices[2] as TrialDevice).release();
    await vi.waitFor(() => expect(broker.health().healthy).toBe(1), { timeout: 3000, interval: 2 });
    await broker.open(entryOf('b'));
  });

  it('AUD-01: a slow write that ends after one sink failed still counts', async () => {
    const [slow, failing] = [new TrialDevice(), new TrialDevice()];
    const broker = await trial([slow, failing], { settings: { timeoutMillis: 5000 } });
    slow.mode = 'hangs';
    failing.mode = 'fails';
    const waiting = broker.open(entryOf('a'));
    await vi.waitFor(() => expect(broker.health().healthy).toBe(1), { timeout: 3000, interval: 2 });
    slow.release();
    await waiting;
  });

  it('AUD-01: starts with a sink that fails, refuses meanwhile, and goes on by itself', async () => {
    const device = new TrialDevice();
    device.mode = 'fails';
    const broker = await trial([device]);
    await expect(broker.open(entryOf('a'))).rejects.toMatchObject({ code: 'audit_unavailable' });
    device.release();
    await works(broker);
    await broker.open(entryOf('b'));
  });

  it('a full queue fails new groups instead of filling memory', async () => {
    const device = new TrialDevice();
    const broker = await trial([device], { settings: { timeoutMillis: 5000, maxQueuedLength: 1000 } });
    device.mode = 'hangs';
    const waiting = Array.from({ length: 3 }, (_, index) => broker.open(entryOf(`${index}`)));
    await new Promise(setImmediate);
    const queued = Array.from({ length: 10 }, (_, index) => broker.open(entryOf(`q${index}`)));
    await new Promise(setImmediate);
    await expect(broker.open(entryOf('late'))).rejects.toMatchObject({ code: 'audit_unavailable' });
    device.release();
    await Promise.all([...waiting, ...queued]);
    await broker.open(entryOf('next'));
    expect(device.text).toMatch(/"type":"recovered","sink":"a\/","missed_lines":1,/);
    expect(broker.health().sinks[0]?.missedLines).toBe(0);
  });

  it('HTTP-22: a caller that does not wait leaves no unhandled rejection, and a broken logger breaks nothing', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    try {
      const device = new TrialDevice();
      const broken = (): never => {
        throw new Error('the logger is broken');
      };
      const broker = await trial([device], { log: { info: broken, warn: broken, error: broken } });
      device.mode = 'fails';
      void broker.open(entryOf('a'));
      await new Promise(setImmediate);
      await new Promise(setImmediate);
      device.release();
      await works(broker);
      expect(unhandled).not.toHaveBeenCalled();
    } finally {
      process.off('unhandledRejection', unhandled);
    }
  });
});

describe('AUD-01: a full disk', () => {
  it('leaves no partial line, and the log goes on by itself when there is room', async () => {
    await inFolder(async (folder) => {
      const file = join(folder, 'audit.log');
      const { write } = await import('node:fs');
      const { FileDevice } = await import('./sinks/file-device.ts');
      let room = Number.POSITIVE_INFINITY;
      const makeDevice = (): AuditDevice =>
        new FileDevice(file, chainKey, (fd, bytes, offset, length, done) => {
          if (room <= 0) return done(Object.assign(new Error('full'), { code: 'ENOSPC' }), 0);
          const part = Math.min(length, room);
          room -= part;
          return write(fd, bytes, offset, part, null, (error, count) => done(error, count));
        });
      const broker = await openBroker({ sinks: [fileSink('file/', file)], makeDevice });
      await broker.open(entryOf('before'));
      room = 500;
      await expect(Promise.all(['x', 'y', 'z'].map((id) => broker.open(entryOf(id))))).rejects.toMatchObject({
        code: 'audit_unavailable',
      });
      expect(await recorded(file)).toEqual(['request before']);
      expect(broker.health().sinks[0]).toMatchObject({ healthy: false, failure: 'ENOSPC' });
      room = Number.POSITIVE_INFINITY;
      await works(broker);
      await broker.open(entryOf('after'));
      await broker.stop();
      expect(await recorded(file)).toEqual(['request before', 'request after']);
      const recovery = (await readLog(file)).find(({ type }) => type === 'recovered');
      expect(recovery).toMatchObject({ failure: 'ENOSPC', missed_lines: 3 });
      expect(await verifyAuditLog(file, { chainKey })).toMatchObject({ ok: true });
    });
  });
});

describe('sockets', () => {
  it('AUD-01: a closed socket is refused, reconnected, and each connection carries a whole log', async () => {
    const connections: string[] = [];
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      const index = connections.push('') - 1;
      sockets.push(socket);
      socket.on('error', () => {});
      socket.on('data', (data) => {
        connections[index] += data.toString('utf8');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const target: SinkTarget = { kind: 'socket', network: 'tcp', host: '127.0.0.1', port: address.port };
    const broker = await openBroker({ sinks: [{ path: 'socket/', config: { target } }] });
    await broker.open(entryOf('a'));
    await vi.waitFor(() => expect(connections[0]).toContain('kv/data/a'));
    sockets[0]?.destroy();
    await vi.waitFor(() => expect(connections).toHaveLength(2), { timeout: 3000, interval: 2 });
    await works(broker);
    await broker.open(entryOf('b'));
    await broker.stop();
    await vi.waitFor(() => expect(connections[1]).toContain('"reason":"stop"'));
    const bytes = Buffer.from(connections[1] as string);
    expect(connections[1]).toMatch(/^\{[^\n]*"type":"begin"[^\n]*"previous":\{"seq":\d/);
    expect(await verifyAuditLog([bytes], { chainKey })).toMatchObject({
      ok: true,
    });
    await new Promise((resolve) => server.close(resolve));
  });

  it('AUD-01: a peer that reads nothing times out', async () => {
    await inFolder(async (folder) => {
      const peers: Socket[] = [];
      const server = createServer((socket) => void peers.push(socket.pause().on('error', () => {})));
      const socketPath = join(folder, 'audit.sock');
      await new Promise<void>((resolve) => server.listen(socketPath, resolve));
      const target: SinkTarget = { kind: 'socket', network: 'unix', socketPath };
      const settings = { timeoutMillis: 100, retryMillis: 5000, maxRetryMillis: 5000 };
      const broker = await openBroker({ sinks: [{ path: 'socket/', config: { target } }], settings });
      const request = requestOf('big', { data: { k: 'v' }, path: 'p'.repeat(4_000_000) });
      await expect(broker.open(entryOf('big', { request }))).rejects.toMatchObject({ code: 'audit_unavailable' });
      expect(broker.health().healthy).toBe(0);
      await broker.stop();
      for (const peer of peers) peer.destroy();
      await new Promise((resolve) => server.close(resolve));
    });
  });
});
