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

describe('HTTP-09: slow clients', () => {
  const limits = { checkIntervalMillis: 20, headerTimeoutMillis: 150, requestTimeoutMillis: 250, keepAliveMillis: 100 };

  it.each(['', 'GET / HT', 'GET / HTTP/1.1\r\nHost: a\r\n', 'LIST / HTTP/1.1\r\nHost: a\r\n'])(
    'HTTP-09: a header that stops at %j is answered 408 and closed',
    async (text) => {
      const test = await start({ limits });
      expect(await exchange(test, text)).toEqual([408]);
    },
  );

  it.each(['POST', 'LIST'])('HTTP-09: a body of a %s that stops is answered 408 and closed', async (verb) => {
    const test = await start({ limits });
    expect(await exchange(test, `${verb} / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc`)).toEqual([408]);
    expect(test.seen).toEqual([]);
  });

  it('HTTP-09: silence after an answer closes the connection', async () => {
    const test = await start({ limits: { ...limits, keepAliveMillis: 30 } });
    const client = await RawClient.open(test.listener);
    expect((await client.request(list))?.status).toBe(200);
    expect(await client.rest()).toEqual([]);
  });

  it('HTTP-09: a client that does not read its answer is closed', async () => {
    let ended: () => void = () => undefined;
    const closed = new Promise<void>((resolve) => {
      ended = resolve;
    });
    const test = await start({
      limits: { ...limits, readWindowMillis: 100, requestTimeoutMillis: 60_000 },
      handle: (_incoming, outgoing) => {
        outgoing.on('close', ended);
        outgoing.end(Buffer.alloc(64 * 1024 * 1024));
      },
    });
    const client = await RawClient.open(test.listener);
    client.socket.pause();
    await client.write(list);
    await closed;
    expect(test.logged.filter((line) => line.startsWith('fault'))).toEqual([]);
    client.close();
  });

  it('a body nobody reads is not waited for after the answer', async () => {
    const test = await start({ handle: (_incoming, outgoing) => void outgoing.end('no') });
    expect(await exchange(test, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nabc')).toEqual([200]);
  });
});

describe('faults', () => {
  it('HTTP-22: a handler that throws or rejects gives 500 with an id, the log holds no text, the server goes on', async () => {
    const test = await start({
      handle: (incoming, outgoing) => {
        outgoing.setHeader('X-Half', 'made');
        if (incoming.url === '/sync') throw new Error('canary-secret');
        return Promise.reject(new Error('canary-secret'));
      },
    });
    const client = await RawClient.open(test.listener);
    for (const path of ['/sync', '/async', '/sync']) {
      const answer = await client.request(`LIST ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
      const { request_id: id, errors } = JSON.parse(answer?.body ?? '');
      expect([answer?.status, errors, answer?.fields['x-half']]).toEqual([500, ['internal error'], undefined]);
      expect(test.logged.some((line) => line.includes(id))).toBe(true);
    }
    expect(test.logged.join('\n')).not.toContain('canary');
    client.close();
  });

  it('HTTP-21: refused requests leave nothing behind', async () => {
    const test = await start();
    const texts = ['BAD / HTTP/1.1\r\n\r\n', 'GET /\x01\r\n', 'LISX /\r\n\r\n', 'GET / HTTP/1.1\r\n\r\n'];
    const burst = async (count: number): Promise<void> => {
      for (let done = 0; done < count; done += 20) {
        await Promise.all(
          Array.from({ length: 20 }, (_, index) => exchange(test, texts[index % texts.length] as string)),
        );
      }
    };
    await burst(400);
    const before = process.memoryUsage().rss;
    await burst(2000);
    expect(process.memoryUsage().rss - before).toBeLessThan(30 * 1024 * 1024);
    expect(test.seen).toEqual([]);
  }, 60_000);

  it('OPS-08: what the edge answers by itself names no product and no version', async () => {
    const test = await start();
    const client = await RawClient.open(test.listener);
    const answer = await client.request('NOPE / HTTP/1.1\r\n\r\n');
    expect(Object.keys(answer?.fields ?? {}).sort()).toEqual([
      'cache-control',
      'connection',
      'content-length',
      'content-type',
      'date',
    ]);
    expect(answer?.body).not.toMatch(/node|strongroom|\d+\.\d+\.\d+/i);
  });
});
