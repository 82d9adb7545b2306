import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { METHODS } from 'node:http';
import { promisify } from 'node:util';
import { getRequestListener } from '@hono/node-server';
import { afterEach, describe, expect, it } from 'vitest';
import { describeConnection } from './describe-connection.ts';
import type { ListenerOptions } from './listener.ts';
import { makeCertificates, openTest, RawClient, type TestListener } from './test-listener.ts';

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

const list = (path: string): string => `LIST ${path} HTTP/1.1\r\nHost: vault\r\n\r\n`;
const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: vault\r\n\r\n`;
const post = (path: string, body: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: vault\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const chunked = (path: string, ...chunks: string[]): string =>
  `PUT ${path} HTTP/1.1\r\nHost: vault\r\nTransfer-Encoding: chunked\r\n\r\n${chunks
    .map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`)
    .join('')}0\r\n\r\n`;

describe('LIST and SCAN reach the handler as themselves', () => {
  it('as the first request, after others on the same connection, and before others', async () => {
    const { listener } = await start();
    const client = await RawClient.open(listener);
    for (const path of ['/a', '/b', '/c']) expect((await client.request(list(path)))?.body).toBe(`LIST ${path}`);
    for (const path of ['/a', '/b']) expect((await client.request(get(path)))?.body).toBe(`GET ${path}`);
    expect((await client.request(list('/d')))?.body).toBe('LIST /d');
    expect((await client.request('SCAN /e HTTP/1.1\r\nHost: vault\r\n\r\n'))?.body).toBe('SCAN /e');
    expect((await client.request(post('/f', '{}')))?.body).toBe('POST /f {}');
    client.close();
  });

  it('pipelined in one packet with others, each answered once and in order', async () => {
    const { listener, seen } = await start();
    const client = await RawClient.open(listener);
    const texts = [
      get('/1'),
      post('/2', 'LIST /x HTTP/1.1\r\n\r\n'),
      list('/3'),
      chunked('/4', 'LIST /', 'SCAN /'),
      list('/5'),
      list('/6'),
      get('/7'),
    ];
    await client.write(texts.join('') + get('/last').replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
    const bodies = (await client.rest()).map(({ body }) => body);
    expect(bodies).toEqual([
      'GET /1',
      'POST /2 LIST /x HTTP/1.1',
      'LIST /3',
      'PUT /4 LIST /SCAN /',
      'LIST /5',
      'LIST /6',
      'GET /7',
      'GET /last',
    ]);
    expect(seen.length).toBe(8);
  });

  it('pipelined behind a request whose answer comes later', async () => {
    const waiting: (() => void)[] = [];
    const { listener } = await start({
      handle: (incoming, outgoing) => {
        const answer = (): void => void outgoing.end(`${incoming.method} ${incoming.url}`);
        if (incoming.url === '/slow') waiting.push(answer);
        else answer();
      },
    });
    const client = await RawClient.open(listener);
    await client.write(get('/slow') + list('/a') + get('/b'));
    await client.write(list('/c'));
    for (const answer of waiting) answer();
    const bodies = [];
    for (let count = 0; count < 4; count += 1) bodies.push((await client.answer())?.body);
    expect(bodies).toEqual(['GET /slow', 'LIST /a', 'GET /b', 'LIST /c']);
    client.close();
  });

  it('split at every byte boundary, also behind a body in the same packet', async () => {
    const { listener } = await start();
    for (const text of [
      list('/s'),
      'SCAN /s HTTP/1.1\r\nHost: vault\r\n\r\n',
      post('/p', 'LIST') + list('/s'),
      `${get('/g')}SCAN /s HTTP/1.1\r\nHost: vault\r\n\r\n`,
      chunked('/p', 'SCAN /') + list('/s'),
    ]) {
      const expected = text.split('\r\n\r\n').length > 2 ? 2 : 1;
      const last = text.includes('SCAN /s') ? 'SCAN /s' : 'LIST /s';
      for (let cut = 1; cut < text.length; cut += 1) {
        const client = await RawClient.open(listener);
        await client.write(text.slice(0, cut), text.slice(cut));
        const bodies = [];
        for (let count = 0; count < expected; count += 1) bodies.push((await client.answer())?.body);
        expect(bodies.at(-1), `cut at ${cut} of ${JSON.stringify(text)}`).toBe(last);
        client.close();
      }
    }
  }, 60_000);

  it('sent one byte at a time', async () => {
    const { listener } = await start();
    const client = await RawClient.open(listener);
    await client.write(...`${list('/a')}${post('/b', 'LIST ')}SCAN /c HTTP/1.1\r\nHost: v\r\n\r\n${get('/d')}`);
    const bodies = [];
    for (let count = 0; count < 4; count += 1) bodies.push((await client.answer())?.body);
    expect(bodies).toEqual(['LIST /a', 'POST /b LIST', 'SCAN /c', 'GET /d']);
    client.close();
  });

  it('with a body, whose bytes are not taken for a request', async () => {
    const { listener } = await start();
    const client = await RawClient.open(listener);
    const text =
      post('/a', 'SCAN /x').replace('POST', 'LIST') + chunked('/b', 'LIST /y').replace('PUT', 'SCAN') + get('/c');
    await client.write(text);
    const bodies = [];
    for (let count = 0; count < 3; count += 1) bodies.push((await client.answer())?.body);
    expect(bodies).toEqual(['LIST /a SCAN /x', 'SCAN /b LIST /y', 'GET /c']);
    client.close();
  });

  it('1,000 on one connection, one by one and all in one write', async () => {
    const { listener, seen } = await start();
    const client = await RawClient.open(listener);
    for (let count = 0; count < 1000; count += 1) expect((await client.request(list(`/${count}`)))?.status).toBe(200);
    await client.write(Array.from({ length: 1000 }, (_, count) => list(`/p${count}`)).join(''));
    for (let count = 0; count < 1000; count += 1) expect((await client.answer())?.body).toBe(`LIST /p${count}`);
    expect(seen.length).toBe(2000);
    client.close();
  }, 30_000);

  it.each(['TLSv1.3', 'TLSv1.2'] as const)('over %s, with the client certificate at hand', async (version) => {
    const folder = makeCertificates();
    const { listener } = await start({
      tls: { certificateFile: `${folder}/server-chain.pem`, keyFile: `${folder}/server.key`, minVersion: '1.2' },
      handle: (incoming, outgoing) => {
        const { encrypted, tlsVersion, remoteAddress, peerChainDer } = describeConnection(incoming);
        outgoing.end([incoming.method, encrypted, tlsVersion, remoteAddress, peerChainDer.length].join(' '));
      },
    });
    const client = await RawClient.open(listener, {
      maxVersion: version,
      cert: readFileSync(`${folder}/client-chain.pem`),
      key: readFileSync(`${folder}/client.key`),
    });
    for (const verb of ['LIST', 'GET', 'LIST', 'SCAN']) {
      const answer = await client.request(get('/').replace('GET', verb));
      expect(answer?.body).toBe(`${verb} true ${version} 127.0.0.1 1`);
    }
    await client.write(...list('/'));
    expect((await client.answer())?.body).toContain('LIST');
    client.close();
  });

  it('through curl and through the Hono adapter', async () => {
    const { listener } = await start({
      handle: getRequestListener((request) => new Response(`${request.method} ${new URL(request.url).pathname}`)),
    });
    const run = promisify(execFile);
    const { stdout } = await run('curl', [
      '-s',
      '-X',
      'LIST',
      `${listener.url}/v1/secret`,
      '--next',
      '-s',
      `${listener.url}/a`,
      '--next',
      '-s',
      '-X',
      'SCAN',
      `${listener.url}/b`,
    ]);
    expect(stdout).toBe('LIST /v1/secretGET /aSCAN /b');
  });

  it('leaves no trace in the fields, and takes none from them', async () => {
    const { listener } = await start({
      handle: (incoming, outgoing) => void outgoing.end(JSON.stringify([incoming.method, incoming.rawHeaders])),
    });
    const client = await RawClient.open(listener);
    expect((await client.request(list('/')))?.body).toBe('["LIST",["Host","vault"]]');
    const faked = get('/').replace('\r\n\r\n', '\r\nX-HTTP-Method-Override: LIST\r\nX-Method: LIST\r\n\r\n');
    expect((await client.request(faked))?.body).toContain('["GET"');
    client.close();
  });
});

describe('HTTP-17: verbs that are not served do nothing', () => {
  const others = METHODS.filter((verb) => !['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].includes(verb));

  it.each([...others, 'HELP', 'LISTS', 'LIS', 'list', 'Scan', 'SCANNER', 'LI', 'FOO'])(
    'HTTP-17: %s is refused',
    async (verb) => {
      const { listener, seen } = await start();
      const client = await RawClient.open(listener);
      const answers = await (async () => {
        await client.write(`${verb} / HTTP/1.1\r\nHost: vault\r\n\r\n${get('/next')}`);
        return client.rest();
      })();
      expect(answers.length).toBe(1);
      expect([405, 501]).toContain(answers[0]?.status);
      expect(JSON.parse(answers[0]?.body ?? '').errors.length).toBe(1);
      expect(seen).toEqual([]);
    },
  );

  it('HTTP-17: no verb that ends in LIST or SCAN is taken for it, however it is split', async () => {
    const { listener, seen } = await start();
    const starts = new Set(METHODS.flatMap((verb) => Array.from(verb, (_, index) => verb.slice(0, index + 1))));
    for (const before of [...starts].filter((text) => text !== '')) {
      for (const verb of ['LIST', 'SCAN', 'IST', 'CAN', 'ST']) {
        const name = before + verb;
        if (name === 'LIST' || name === 'SCAN' || METHODS.includes(name)) continue;
        const client = await RawClient.open(listener);
        await client.write(before, `${verb} / HTTP/1.1\r\nHost: vault\r\n\r\n`);
        expect([400, 405, 501], name).toContain((await client.rest())[0]?.status);
        const whole = await RawClient.open(listener);
        await whole.write(`${get('/ok')}${name} / HTTP/1.1\r\nHost: vault\r\n\r\n`);
        expect(
          (await whole.rest()).map(({ status }) => status === 200),
          name,
        ).toEqual([true, false]);
      }
    }
    expect(new Set(seen)).toEqual(new Set(['GET /ok']));
  }, 60_000);

  it('HTTP-17: CONNECT behind a LIST is refused as well', async () => {
    const { listener, seen } = await start();
    const client = await RawClient.open(listener);
    await client.write(`${list('/a')}CONNECT vault:443 HTTP/1.1\r\nHost: vault\r\n\r\n`);
    expect((await client.rest()).map(({ status }) => status)).toEqual([200, 405]);
    expect(seen).toEqual(['LIST /a']);
  });

  it('an unfinished verb holds the connection no longer than any unfinished request', async () => {
    const { listener } = await start({
      limits: { checkIntervalMillis: 20, headerTimeoutMillis: 120, requestTimeoutMillis: 200 },
    });
    for (const text of ['LIS', 'SC', 'LIST /', 'L']) {
      const client = await RawClient.open(listener);
      await client.write(text);
      expect((await client.rest()).map(({ status }) => status)).toEqual([408]);
    }
  });
});
