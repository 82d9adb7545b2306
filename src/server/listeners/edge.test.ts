import { afterEach, describe, expect, it } from 'vitest';
import type { ListenerOptions } from './listener.ts';
import { openTest, RawClient, type TestListener } from './test-listener.ts';

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

/** What the server answers to these bytes until it closes the connection. */
async function exchange(test: TestListener, ...parts: string[]): Promise<number[]> {
  const client = await RawClient.open(test.listener);
  await client.write(...parts);
  return (await client.rest()).map(({ status }) => status);
}

const list = 'LIST /first HTTP/1.1\r\nHost: vault\r\n\r\n';
const hidden = 'GET /hidden HTTP/1.1\r\nHost: vault\r\n\r\n';

describe('framing', () => {
  const attacks: readonly [string, string][] = [
    ['length and chunks', 'Content-Length: 4\r\nTransfer-Encoding: chunked'],
    ['chunks and length', 'Transfer-Encoding: chunked\r\nContent-Length: 4'],
    ['two lengths', 'Content-Length: 4\r\nContent-Length: 5'],
    ['the same length twice', 'Content-Length: 4\r\nContent-Length: 4'],
    ['two lengths in one field', 'Content-Length: 4, 4'],
    ['a signed length', 'Content-Length: +4'],
    ['a hexadecimal length', 'Content-Length: 0x4'],
    ['a negative length', 'Content-Length: -4'],
    ['an empty length', 'Content-Length:'],
    ['a coding twice', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked'],
    ['a coding twice in one field', 'Transfer-Encoding: chunked, chunked'],
    ['another coding', 'Transfer-Encoding: identity'],
    ['a coding before chunked', 'Transfer-Encoding: gzip, chunked'],
    ['a coding that only resembles chunked', 'Transfer-Encoding: xchunked'],
    ['a vertical tab before the coding', 'Transfer-Encoding: \x0bchunked'],
    ['a space before the colon', 'Content-Length : 4'],
    ['a space before the colon of the coding', 'Transfer-Encoding : chunked'],
    ['a folded line', 'X-One: 1\r\n two'],
    ['a space after the request line', ' X-One: 1'],
    ['a bare line feed', 'X-One: 1\nTransfer-Encoding: chunked'],
    ['a bare carriage return', 'X-One: 1\rTransfer-Encoding: chunked'],
    ['a NUL in a value', 'X-One: a\0b'],
    ['a NUL in a name', 'X\0One: a'],
    ['an empty name', ': a'],
    ['a name that is not ASCII', 'Trans\xe9: a'],
    ['two authorizations', 'Authorization: Bearer a\r\nAuthorization: Bearer b'],
    ['two content types', 'Content-Type: text/plain\r\ncontent-type: application/json'],
  ];

  for (const verb of ['POST', 'LIST']) {
    for (const [name, fields] of attacks) {
      it(`HTTP-10: ${verb} with ${name} is refused and ends the connection, also after a LIST`, async () => {
        const test = await start();
        const text = `${verb} /bad HTTP/1.1\r\nHost: vault\r\n${fields}\r\n\r\n${hidden}`;
        expect(await exchange(test, text)).toEqual([400]);
        expect(await exchange(test, list + text)).toEqual([200, 400]);
        expect(await exchange(test, list, text)).toEqual([200, 400]);
        expect(new Set(test.seen)).toEqual(new Set(['LIST /first']));
      });
    }
  }

  it('HTTP-10: bad chunk sizes are refused, and nothing behind them is read', async () => {
    const test = await start();
    const head = (verb: string): string => `${verb} /bad HTTP/1.1\r\nHost: vault\r\nTransfer-Encoding: chunked\r\n\r\n`;
    for (const chunk of [
      'x\r\n',
      '-1\r\na\r\n',
      '0x1\r\na\r\n',
      ' 1\r\na\r\n',
      '1\na\n',
      '1\r\nab\r\n',
      'ffffffffffffffffff\r\n',
    ]) {
      for (const verb of ['POST', 'LIST']) {
        expect(await exchange(test, `${head(verb)}${chunk}0\r\n\r\n${hidden}`), JSON.stringify(chunk)).toEqual([400]);
      }
    }
    expect(test.seen.filter((line) => line.includes('hidden'))).toEqual([]);
  });

  it.each([
    ['no version', 'GET /\r\n\r\n', 400],
    ['a bare line feed in the request line', 'GET / HTTP/1.1\nHost: a\n\n', 400],
    ['HTTP/2.0', 'GET / HTTP/2.0\r\nHost: a\r\n\r\n', 505],
    ['HTTP/1.2', 'GET / HTTP/1.2\r\nHost: a\r\n\r\n', 400],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505],
    ['chunks in HTTP/1.0', 'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 400],
    ['a byte that is not ASCII in the URL', 'GET /\xe9 HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    ['a fragment', 'GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    ['a backslash', 'GET /a\\..\\b HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    ['the asterisk form', 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    ['TLS on a plain port', '\x16\x03\x01\x02\x00\x01\x00', 400],
    ['an upgrade', 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n', 400],
    ['an unknown expectation', 'POST / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\nContent-Length: 1\r\n\r\n', 417],
  ])('HTTP-10: %s is refused', async (_name, text, status) => {
    const test = await start();
    expect(await exchange(test, text)).toEqual([status]);
    expect(test.seen).toEqual([]);
  });

  it('a refusal waits for the answers owed before it', async () => {
    let release: () => void = () => undefined;
    const test = await start({
      handle: (_incoming, outgoing) => {
        release = () => outgoing.end('late');
      },
    });
    const client = await RawClient.open(test.listener);
    await client.write(`GET /slow HTTP/1.1\r\nHost: a\r\n\r\nGET /\x01 HTTP/1.1\r\n\r\n`);
    release();
    expect((await client.rest()).map(({ status, body }) => [status, body.startsWith('late')])).toEqual([
      [200, true],
      [400, false],
    ]);
  });

  it('a body cut short ends its request and nobody else', async () => {
    const test = await start();
    const client = await RawClient.open(test.listener);
    await client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc');
    client.close();
    expect(await exchange(test, hidden.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'))).toEqual([200]);
  });
});

describe('sizes', () => {
  const request = (fields: string, verb = 'GET', url = '/'): string =>
    `${verb} ${url} HTTP/1.1\r\nHost: a\r\n${fields}Connection: close\r\n\r\n`;

  it.each(['GET', 'LIST'])(
    'HTTP-11: %s with fields over 16 KiB or over 100 in number is refused with 431',
    async (verb) => {
      const test = await start();
      expect(await exchange(test, request(`X: ${'a'.repeat(15_000)}\r\n`, verb))).toEqual([200]);
      expect(await exchange(test, request(`X: ${'a'.repeat(17_000)}\r\n`, verb))).toEqual([431]);
      expect(await exchange(test, request(`X: ${'a'.repeat(64 * 1024)}\r\n`, verb))).toEqual([431]);
      expect(await exchange(test, request('X: a\r\n'.repeat(98), verb))).toEqual([200]);
      for (const count of [99, 100, 120, 2000])
        expect(await exchange(test, request('X: a\r\n'.repeat(count), verb))).toEqual([431]);
      expect(test.seen.length).toBe(2);
    },
  );

  it.each(['GET', 'LIST'])(
    'HTTP-12: %s with a URL over 8 KiB or over 100 parameters is refused with 414',
    async (verb) => {
      const test = await start();
      expect(await exchange(test, request('', verb, `/${'a'.repeat(8 * 1024 - 1)}`))).toEqual([200]);
      for (const length of [8 * 1024, 15_000, 20_000, 100_000]) {
        expect(await exchange(test, request('', verb, `/${'a'.repeat(length)}`)), String(length)).toEqual([414]);
      }
      const long = request('', verb, `/${'a'.repeat(20_000)}`);
      expect(await exchange(test, long.slice(0, 9000), long.slice(9000))).toEqual([414]);
      expect(await exchange(test, request('', verb, `/?${'a&'.repeat(99)}a`))).toEqual([200]);
      expect(await exchange(test, request('', verb, `/?${'a&'.repeat(100)}a`))).toEqual([414]);
    },
  );

  it('HTTP-01: a declared length over the limit is refused before the handler, with and without 100-continue', async () => {
    const test = await start({ limits: { maxBodyBytes: 100 } });
    const head = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ';
    expect(await exchange(test, `${head}101\r\n\r\n`, 'a'.repeat(101))).toEqual([413]);
    expect(await exchange(test, `${head}101\r\nExpect: 100-continue\r\n\r\n`)).toEqual([413]);
    expect(await exchange(test, `${head}99999999999999999999\r\n\r\n`)).toEqual([400]);
    expect(test.seen).toEqual([]);
  });

  it('100-continue is answered once the request is acceptable', async () => {
    const test = await start();
    const client = await RawClient.open(test.listener);
    await client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n');
    expect((await client.answer())?.status).toBe(100);
    expect((await client.request('ok'))?.body).toBe('POST / ok');
    client.close();
  });

  it('more requests in flight than allowed are answered 503 with Retry-After, and the count goes down again', async () => {
    const waiting: (() => void)[] = [];
    const test = await start({
      limits: { maxInFlight: 2 },
      handle: (_incoming, outgoing) => void waiting.push(() => outgoing.end('ok')),
    });
    const text = 'LIST / HTTP/1.1\r\nHost: a\r\n\r\n';
    const clients = [
      await RawClient.open(test.listener),
      await RawClient.open(test.listener),
      await RawClient.open(test.listener),
    ];
    for (const client of clients.slice(0, 2)) await client.write(text);
    const refused = await clients[2]?.request(text);
    expect([refused?.status, refused?.fields['retry-after']]).toEqual([503, '1']);
    for (const answer of waiting.splice(0)) answer();
    for (const client of clients.slice(0, 2)) expect((await client.answer())?.status).toBe(200);
    const gone = clients[0];
    await gone?.write(text, text);
    gone?.close();
    const next = await RawClient.open(test.listener);
    while (waiting.length < 3) await next.write(waiting.length < 2 ? '' : text);
    waiting.at(-1)?.();
    expect((await next.answer())?.status).toBe(200);
    for (const client of [...clients, next]) client.close();
  });

  it('more connections than allowed are closed, the others served', async () => {
    const test = await start({ limits: { maxConnections: 1 } });
    const first = await RawClient.open(test.listener);
    const second = await RawClient.open(test.listener);
    expect(await second.rest()).toEqual([]);
    expect((await first.request(hidden))?.status).toBe(200);
    expect(test.logged.join('\n')).toContain('too many are open');
    first.close();
  });
});

describe('HTTP-18: Host', () => {
  it.each([
    ['a missing Host', 'GET / HTTP/1.1\r\n\r\n'],
    ['two Hosts', 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'],
    ['the same Host twice', 'GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n'],
    ['an absolute form of another host', 'GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['an absolute form with a user', 'GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['an absolute form of another scheme', 'GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['an odd port', 'GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n'],
    ['a port that is no number', 'GET / HTTP/1.1\r\nHost: a:b\r\n\r\n'],
    ['a path in Host', 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n'],
    ['a list in Host', 'GET / HTTP/1.1\r\nHost: a, b\r\n\r\n'],
    ['a user in Host', 'GET / HTTP/1.1\r\nHost: a@b\r\n\r\n'],
  ])('HTTP-18: %s is refused', async (_name, text) => {
    const test = await start();
    expect(await exchange(test, text)).toEqual([400]);
    expect(await exchange(test, text.replace('GET', 'LIST'))).toEqual([400]);
    expect(test.seen).toEqual([]);
  });

  it('HTTP-18: names, addresses and ports are accepted, and the absolute form is read as its path', async () => {
    const test = await start();
    const client = await RawClient.open(test.listener);
    for (const host of ['a', 'a.example:8200', '127.0.0.1:1', '[::1]:8200', '']) {
      expect((await client.request(`GET /x HTTP/1.1\r\nHost: ${host}\r\n\r\n`))?.body).toBe('GET /x');
    }
    expect((await client.request('LIST http://A:1/x?y HTTP/1.1\r\nHost: a:1\r\n\r\n'))?.body).toBe('LIST /x?y');
    expect((await client.request('GET HTTP://a HTTP/1.1\r\nHost: a\r\n\r\n'))?.body).toBe('GET /');
    expect((await client.request('GET /old HTTP/1.0\r\n\r\n'))?.status).toBe(200);
    client.close();
  });
});
