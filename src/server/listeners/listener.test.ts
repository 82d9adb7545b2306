import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { type ConnectionOptions, connect as connectTls, TLSSocket } from 'node:tls';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ConnectionFacts, describeConnection } from './describe-connection.ts';
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
const clientFiles = (): ConnectionOptions => ({
  cert: readFileSync(file('client-chain.pem')),
  key: readFileSync(file('client.key')),
});
const der = (name: string): Buffer =>
  execFileSync('openssl', ['x509', '-in', file(name), '-outform', 'DER'], { stdio: ['ignore', 'pipe', 'ignore'] });

/** Hands out what the edge says of each connection. */
function describing(facts: ConnectionFacts[]): ListenerOptions['handle'] {
  return (incoming, outgoing) => {
    facts.push(describeConnection(incoming));
    outgoing.end('ok');
  };
}

describe('client certificates', () => {
  it('are handed on as sent, chain and all, without being verified', async () => {
    const facts: ConnectionFacts[] = [];
    const { listener } = await start({ tls: settings(), handle: describing(facts) });
    const client = await RawClient.open(listener, clientFiles());
    await client.request(get);
    await client.request(get);
    expect(facts[0]).toBe(facts[1]);
    expect(facts[0]?.peerCertificateDer).toEqual(der('client.pem'));
    expect(facts[0]?.peerChainDer).toEqual([der('intermediate.pem')]);
    expect(facts[0]).toMatchObject({ encrypted: true, tlsVersion: 'TLSv1.3', remoteAddress: '127.0.0.1' });
    expect(facts[0]?.remotePort).toBe((client.socket.address() as { port: number }).port);
    client.close();
  });

  it('MTL-08: come from the handshake alone, whatever the fields say', async () => {
    const facts: ConnectionFacts[] = [];
    const { listener } = await start({ tls: settings(), handle: describing(facts) });
    const client = await RawClient.open(listener, {});
    const fields = [
      'X-SSL-Client-Cert',
      'X-Forwarded-Client-Cert',
      'X-SSL-Client-Verify',
      'X-Forwarded-Tls-Client-Cert',
      'X-Client-Cert',
    ];
    const value = der('client.pem').toString('base64');
    await client.request(
      get.replace('\r\n\r\n', `\r\n${fields.map((name) => `${name}: ${value}`).join('\r\n')}\r\n\r\n`),
    );
    expect([facts[0]?.peerCertificateDer, facts[0]?.peerChainDer]).toEqual([undefined, []]);
    client.close();
  });

  it.each(['TLSv1.3', 'TLSv1.2'] as const)(
    '%s: nothing is resumed where certificates are asked for, so the chain is always there',
    async (maxVersion) => {
      const facts: ConnectionFacts[] = [];
      const { listener } = await start({ tls: settings({ minVersion: '1.2' }), handle: describing(facts) });
      let session: Buffer | undefined;
      for (let count = 0; count < 3; count += 1) {
        const client = await RawClient.open(listener, {
          ...clientFiles(),
          maxVersion,
          ...(session ? { session } : {}),
        });
        // TLS 1.3 gives a session after the handshake, TLS 1.2 in it, when nobody listens yet.
        client.socket.on('session', (bytes: Buffer) => {
          session = bytes;
        });
        await client.request(get);
        const { socket } = client;
        if (!(socket instanceof TLSSocket)) throw new Error('not over TLS');
        if (maxVersion === 'TLSv1.2') session = socket.getSession();
        expect(session).toBeDefined();
        expect(socket.isSessionReused()).toBe(false);
        expect(facts.at(-1)?.peerCertificateDer).toEqual(der('client.pem'));
        expect(facts.at(-1)?.peerChainDer.length).toBe(1);
        client.close();
      }
    },
  );

  it('where none are asked for, none are seen', async () => {
    const facts: ConnectionFacts[] = [];
    const { listener } = await start({ tls: settings({ clientCertificates: 'none' }), handle: describing(facts) });
    const client = await RawClient.open(listener, clientFiles());
    await client.request(get);
    expect(facts[0]?.peerCertificateDer).toBeUndefined();
    client.close();
  });

  it('where required, a handshake without a vouched-for certificate fails', async () => {
    const { listener, seen } = await start({
      tls: settings({ clientCertificates: 'require', clientCaFile: file('root.pem') }),
    });
    const good = await RawClient.open(listener, clientFiles());
    expect((await good.request(get))?.status).toBe(200);
    good.close();
    const other = makeCertificates();
    for (const files of [
      {},
      { cert: readFileSync(join(other, 'client-chain.pem')), key: readFileSync(join(other, 'client.key')) },
    ]) {
      const bad = await RawClient.open(listener, files);
      bad.socket.write(get);
      expect(await bad.rest()).toEqual([]);
    }
    expect(seen.length).toBe(1);
    await expect(openTest({ tls: settings({ clientCertificates: 'require' }) })).rejects.toMatchObject({
      code: 'precondition_failed',
    });
  });

  it('MTL-11: memory does not grow with handshakes', async () => {
    const { listener } = await start({ tls: settings() });
    const shake = async (count: number): Promise<void> => {
      for (let done = 0; done < count; done += 1) (await RawClient.open(listener, clientFiles())).close();
    };
    await shake(100);
    const before = process.memoryUsage().rss;
    await shake(300);
    expect(process.memoryUsage().rss - before).toBeLessThan(20 * 1024 * 1024);
  }, 30_000);
});

describe('OPS-02: TLS settings', () => {
  const handshake = (test: TestListener, options: ConnectionOptions): Promise<string> =>
    new Promise((resolve) => {
      const { address, port } = test.listener;
      const socket = connectTls({ host: address, port, rejectUnauthorized: false, ...options });
      socket.on('secureConnect', () => {
        resolve(`${socket.getProtocol()} ${socket.getCipher().standardName}`);
        socket.destroy();
      });
      socket.on('error', () => resolve('refused'));
    });

  it('OPS-02: TLS 1.3 alone unless told otherwise, and never less than 1.2', async () => {
    const strict = await start({ tls: settings() });
    expect(await handshake(strict, {})).toMatch(/^TLSv1\.3 /);
    expect(await handshake(strict, { maxVersion: 'TLSv1.2' })).toBe('refused');
    const older = await start({ tls: settings({ minVersion: '1.2' }) });
    expect(await handshake(older, { maxVersion: 'TLSv1.2' })).toMatch(/^TLSv1\.2 TLS_ECDHE_ECDSA_WITH_AES_256_GCM/);
    const legacy: ConnectionOptions = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' };
    expect(await handshake(older, legacy)).toBe('refused');
  });

  it.each([
    'ECDHE-ECDSA-AES128-SHA256',
    'ECDHE-ECDSA-AES256-SHA',
    'AES128-GCM-SHA256',
    'DHE-RSA-AES128-GCM-SHA256',
    'PSK-AES128-GCM-SHA256',
    'NULL-SHA256',
  ])('OPS-02: %s is refused', async (suite) => {
    const test = await start({ tls: settings({ minVersion: '1.2' }) });
    const ciphers = `${suite}:@SECLEVEL=0`;
    expect(await handshake(test, { maxVersion: 'TLSv1.2', ciphers })).toBe('refused');
  });

  it('OPS-02: a key that others can read, a broken or a foreign pair do not start', async () => {
    const loose = file('loose.key');
    copyFileSync(file('server.key'), loose);
    for (const mode of [0o640, 0o604, 0o620, 0o644, 0o666]) {
      chmodSync(loose, mode);
      await expect(openTest({ tls: settings({ keyFile: loose }) })).rejects.toMatchObject({
        code: 'precondition_failed',
      });
    }
    chmodSync(loose, 0o400);
    await start({ tls: settings({ keyFile: loose }) });
    for (const keyFile of [file('client.key'), file('root.pem'), file('missing'), folder]) {
      await expect(openTest({ tls: settings({ keyFile }) })).rejects.toMatchObject({ code: 'precondition_failed' });
    }
  });

  it('OPS-02: renegotiation is refused', async () => {
    const test = await start({ tls: settings({ minVersion: '1.2' }) });
    const outcome = await new Promise<string>((resolve) => {
      const { address, port } = test.listener;
      const socket = connectTls({ host: address, port, rejectUnauthorized: false, maxVersion: 'TLSv1.2' }, () => {
        socket.renegotiate({}, (error) => resolve(error === null ? 'renegotiated' : 'refused'));
      });
      for (const event of ['error', 'close']) socket.on(event, () => resolve('refused'));
    });
    expect(outcome).toBe('refused');
  });
});

describe('HTTP-13: the handshake', () => {
  it('HTTP-13: altered ClientHellos and odd names are closed, the server serves on', async () => {
    const test = await start({ tls: settings(), limits: { tlsHandshakeMillis: 100 } });
    const { address, port } = test.listener;
    const hello = await captureHello();
    const send = (bytes: Buffer): Promise<void> =>
      new Promise((resolve) => {
        const socket = connect(port, address, () => socket.end(bytes));
        socket.on('close', () => resolve()).on('error', () => undefined);
        socket.resume();
      });
    let state = 1;
    const next = (below: number): number => {
      state = (state * 48271) % 2147483647;
      return state % below;
    };
    for (let count = 0; count < 400; count += 1) {
      const altered = Buffer.from(hello);
      for (let change = 0; change <= count % 4; change += 1) altered[next(altered.length)] = next(256);
      await send(count % 5 === 0 ? altered.subarray(0, next(altered.length)) : altered);
    }
    for (const ALPNProtocols of [['h2'], ['\0'], ['x'.repeat(255)]]) {
      await new Promise<void>((resolve) => {
        const socket = connectTls({ host: address, port, rejectUnauthorized: false, ALPNProtocols }, () =>
          socket.destroy(),
        );
        socket.on('close', () => resolve()).on('error', () => undefined);
      });
    }
    for (const servername of ['xn--n3h.example', 'a'.repeat(200), 'localhost']) {
      const client = await RawClient.open(test.listener, { servername });
      expect((await client.request(get))?.status).toBe(200);
      client.close();
    }
  }, 30_000);
});

/** The first bytes a TLS client sends. */
function captureHello(): Promise<Buffer> {
  return new Promise((resolve) => {
    const server = createServer((socket) => {
      socket.once('data', (bytes) => {
        resolve(bytes);
        socket.destroy();
        server.close();
      });
    });
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      connectTls({ host: '127.0.0.1', port, servername: 'localhost' }).on('error', () => undefined);
    });
  });
}
