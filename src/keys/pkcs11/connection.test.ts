import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ManualClock } from '../../lib/index.ts';
import { ChildConnection } from './connection.ts';
import { NotAuthentic } from './failure-error.ts';
import { FrameReader, FrameWriter } from './frames.ts';
import { answerFailed, answerOk, operations } from './protocol.ts';

/** The child's end of the pipe, in the hands of the test. */
function connect(queueLimit = 1000) {
  const clock = new ManualClock(0);
  const pipe = new PassThrough();
  const received: { id: number; code: number }[] = [];
  const reader = new FrameReader((id, code) => received.push({ id, code }));
  let writes = 0;
  pipe.write = ((bytes: Buffer, done: () => void) => {
    writes += 1;
    reader.push(Buffer.from(bytes));
    done();
    return true;
  }) as typeof pipe.write;
  const onSuspect = vi.fn();
  const onStalled = vi.fn();
  const connection = new ChildConnection({ pipe, clock, queueLimit, onSuspect, onStalled });
  const answer = (id: number, code: number, payload: Buffer): void => {
    const writer = new FrameWriter((bytes) => void pipe.emit('data', bytes));
    writer.append(id, code, [payload]);
    writer.flush();
  };
  const request = (millis = 1000): Promise<Buffer> =>
    connection.request('k', operations.probe, millis, [Buffer.from('x')]);
  const pass = (seconds: number): void => {
    clock.advanceSeconds(seconds);
    vi.advanceTimersByTime(seconds * 1000);
  };
  return { connection, received, answer, request, pass, pipe, onSuspect, onStalled, writes: () => writes };
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe('the connection to the PKCS#11 child', () => {
  it('sends what one tick asks for in one write, and matches answers in any order', async () => {
    const { request, received, answer, writes } = connect();
    const requests = [request(), request(), request()];
    vi.runOnlyPendingTimers();
    expect(writes()).toBe(1);
    for (const { id } of received.toReversed()) answer(id, answerOk, Buffer.from(`answer ${id}`));
    expect((await Promise.all(requests)).map(String)).toEqual(received.map(({ id }) => `answer ${id}`));
  });

  it('one missed deadline makes the child suspect, a second one stalled; an answer clears it', async () => {
    const { request, received, answer, pass, connection, onSuspect, onStalled } = connect();
    const first = request(1000);
    pass(1.2);
    await expect(first).rejects.toMatchObject({ code: 'keys_unavailable' });
    expect([onSuspect.mock.calls.length, onStalled.mock.calls.length, connection.misses]).toEqual([1, 0, 1]);
    const second = request(1000);
    vi.advanceTimersByTime(1);
    answer(received.at(-1)?.id ?? 0, answerOk, Buffer.alloc(0));
    await second;
    expect(connection.misses).toBe(0);
    const late = [request(1000), request(1000)];
    pass(1.2);
    await Promise.allSettled(late);
    expect(onStalled).toHaveBeenCalledTimes(1);
  });

  it('a late answer is thrown away, not given to another request', async () => {
    const { request, received, answer, pass } = connect();
    const first = request(1000);
    pass(1.2);
    await expect(first).rejects.toMatchObject({ code: 'keys_unavailable' });
    const second = request(1000);
    vi.advanceTimersByTime(1);
    answer(received[0]?.id ?? 0, answerOk, Buffer.from('late'));
    answer(received[1]?.id ?? 0, answerOk, Buffer.from('right'));
    expect(String(await second)).toBe('right');
  });

  it('what waits too long behind others is `overloaded` and says nothing about the child', async () => {
    const { request, pass, onSuspect, onStalled, received } = connect();
    const sent = Array.from({ length: 128 }, () => request(60_000));
    const waiting = request(1000);
    pass(1.2);
    await expect(waiting).rejects.toMatchObject({ code: 'overloaded' });
    expect(received.length).toBe(128);
    expect(onSuspect).not.toHaveBeenCalled();
    expect(onStalled).not.toHaveBeenCalled();
    expect(sent.length).toBe(128);
  });

  it('waiting requests follow as answers come in, and none is lost', async () => {
    const { request, received, answer } = connect();
    const requests = Array.from({ length: 500 }, () => request());
    for (let answered = 0; answered < 500; answered += 1) {
      if (received.length === answered) vi.advanceTimersByTime(1);
      answer(received[answered]?.id ?? 0, answerOk, Buffer.alloc(0));
    }
    expect((await Promise.all(requests)).length).toBe(500);
  });

  it('beyond the limit of the queue requests are refused at once', async () => {
    const { request } = connect(130);
    const kept = Array.from({ length: 130 }, () => request());
    await expect(request()).rejects.toMatchObject({ code: 'overloaded', retryAfterSeconds: 1 });
    expect(kept.length).toBe(130);
  });

  it('failures become errors of the catalogue, without internals in their public text', async () => {
    const { request, received, answer } = connect();
    const kinds = {
      unavailable: 'keys_unavailable',
      key_missing: 'internal',
      key_unsafe: 'internal',
      id_taken: 'conflict',
      refused: 'invalid_field',
      unsupported: 'unsupported_operation',
      internal: 'internal',
    };
    for (const [kind, code] of Object.entries(kinds)) {
      const asked = request();
      vi.advanceTimersByTime(1);
      answer(
        received.at(-1)?.id ?? 0,
        answerFailed,
        Buffer.from(JSON.stringify({ kind, code: 5, text: 'CKR_CANARY' })),
      );
      const error: unknown = await asked.catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code, message: expect.not.stringContaining('CANARY') });
    }
    const asked = request();
    vi.advanceTimersByTime(1);
    answer(received.at(-1)?.id ?? 0, answerFailed, Buffer.from('{"kind":"not_authentic","code":0,"text":""}'));
    await expect(asked).rejects.toBeInstanceOf(NotAuthentic);
  });

  it('garbage from the child ends the connection and whatever was under way', async () => {
    const { request, pipe, onStalled } = connect();
    const asked = request();
    pipe.emit('data', Buffer.alloc(64, 0xff));
    await expect(asked).rejects.toMatchObject({ code: 'keys_unavailable' });
    await expect(request()).rejects.toMatchObject({ code: 'keys_unavailable' });
    expect(onStalled).toHaveBeenCalledTimes(1);
  });
});
