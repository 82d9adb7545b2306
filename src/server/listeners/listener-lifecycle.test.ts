import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ListenerOptions } from './listener.ts';
import { makeCertificates, openTest, RawClient, type TestListener } from './test-listener.ts';
import type { TlsSettings } from './tls-settings.ts';

let open: TestListener[] = [];
const start = async (options: Partial<ListenerOptions> = {}): Promise<TestListener> => {
  const test = await openTest(options);
  open.push(test);
  return test;
};
afterEach(async () => {
  await Promise.all(open.map(({ listener }) => listener.stop({ graceMillis: 0 })));
  open = [];
});

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
let folder = '';
beforeAll(() => {
  folder = makeCertificates();
});
const file = (name: string): string => join(folder, name);
const settings = (more: Partial<TlsSettings> = {}): TlsSettings => ({
  certificateFile: file('server-chain.pem'),
  keyFile: file('server.key'),
  ...more,
});
describe('reloadTls', () => {
  it('serves the new certificate, keeps connections, and keeps the old one when the new is broken', async () => {
    const cert = file('live.pem');
    const key = file('live.key');
    const install = (from: string): void => {
      copyFileSync(join(from, 'server-chain.pem'), cert);
      copyFileSync(join(from, 'server.key'), key);
    };
    install(folder);
    const { listener, logged } = await start({ tls: settings({ certificateFile: cert, keyFile: key }) });
    const shown = async (): Promise<string> => {
      const client = await RawClient.open(listener, {});
      const { fingerprint256 } = (client.socket as TLSSocket).getPeerCertificate();
      client.close();
      return fingerprint256;
    };
    const old = await shown();
    const kept = await RawClient.open(listener, {});
    expect((await kept.request(get))?.status).toBe(200);
    install(makeCertificates());
    await listener.reloadTls();
    const renewed = await shown();
    expect(renewed).not.toBe(old);
    expect((await kept.request('LIST / HTTP/1.1\r\nHost: a\r\n\r\n'))?.status).toBe(200);
    writeFileSync(cert, 'not a certificate');
    await expect(listener.reloadTls()).rejects.toMatchObject({ code: 'precondition_failed' });
    expect(logged.join('\n')).toContain('not replaced');
    expect(await shown()).toBe(renewed);
    kept.close();
  });
});

describe('opening and stopping', () => {
  it('a port that is taken is refused with a reason', async () => {
    const { listener } = await start();
    await expect(openTest({ port: listener.port })).rejects.toMatchObject({ code: 'precondition_failed' });
    expect(listener.url).toBe(`http://127.0.0.1:${listener.port}`);
  });

  it('stop closes idle connections at once, lets requests finish, and accepts nothing more', async () => {
    let release: () => void = () => undefined;
    const test = await start({
      handle: (incoming, outgoing) => {
        if (incoming.url === '/slow') release = () => outgoing.end('done');
        else outgoing.end('ok');
      },
    });
    const [idle, silent, busy] = [
      await RawClient.open(test.listener),
      await RawClient.open(test.listener),
      await RawClient.open(test.listener),
    ];
    await idle.request(get);
    await busy.write('LIST /slow HTTP/1.1\r\nHost: a\r\n\r\n');
    const stopped = test.listener.stop({ graceMillis: 5000 });
    expect(await idle.rest()).toEqual([]);
    expect(await silent.rest()).toEqual([]);
    await expect(RawClient.open(test.listener)).rejects.toThrow();
    release();
    expect((await busy.rest()).map(({ body }) => body)).toEqual(['done']);
    await stopped;
  });

  it('stop ends by force what is still running at the deadline, handshakes included', async () => {
    const test = await start({ tls: settings(), handle: () => undefined });
    const busy = await RawClient.open(test.listener, {});
    const half = connect(test.listener.port, test.listener.address);
    await new Promise((resolve) => half.once('connect', resolve));
    await busy.write(get);
    await test.listener.stop({ graceMillis: 50 });
    expect(await busy.rest()).toEqual([]);
    half.destroy();
    await test.listener.stop({ graceMillis: 50 });
  });
});

describe('certs/make', () => {
  it('makes a chain that verifies, with keys nobody else can read', () => {
    const verify = ['verify', '-CAfile', file('root.pem'), '-untrusted', file('intermediate.pem')];
    for (const [purpose, name] of [
      ['sslserver', 'server.pem'],
      ['sslclient', 'client.pem'],
    ] as const) {
      expect(spawnSync('openssl', [...verify, '-purpose', purpose, file(name)]).status).toBe(0);
    }
    const modes = execFileSync('stat', [
      '-c',
      '%a',
      ...['root', 'intermediate', 'server', 'client'].map((name) => file(`${name}.key`)),
    ]);
    expect(modes.toString()).toBe('600\n600\n600\n600\n');
  });
});
