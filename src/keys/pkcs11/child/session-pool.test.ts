import { describe, expect, it } from 'vitest';
import type { Cryptoki } from './cryptoki.ts';
import { SessionPool } from './session-pool.ts';

const slot = Buffer.alloc(8);
const sessionCount = 177;

/** A token with room for `room` sessions. */
function pool(limit: number, room = 100) {
  const open = new Set<number>();
  let opened = 0;
  let now = 0;
  const cryptoki = {
    C_OpenSession: () => {
      if (open.size >= room) throw Object.assign(new Error('CKR_SESSION_COUNT'), { code: sessionCount });
      opened += 1;
      open.add(opened);
      return Buffer.from([opened]);
    },
    C_CloseSession: (session: Buffer) => {
      open.delete(session[0] as number);
    },
  } as unknown as Cryptoki;
  const sessions = new SessionPool({ cryptoki, slot, limit, readWrite: false, nowMillis: () => now });
  return { sessions, open, pass: (millis: number) => (now += millis) };
}

describe('the session pool', () => {
  it('never gives one session to two owners, and serves who waits in order', async () => {
    const { sessions, open } = pool(2);
    const [first, second] = [await sessions.take(), await sessions.take()];
    expect(first.equals(second)).toBe(false);
    const order: string[] = [];
    const third = Promise.resolve(sessions.take()).then((session) => {
      order.push('third');
      return session;
    });
    const fourth = Promise.resolve(sessions.take()).then((session) => {
      order.push('fourth');
      return session;
    });
    sessions.give(second);
    sessions.give(first);
    expect((await third).equals(second)).toBe(true);
    expect((await fourth).equals(first)).toBe(true);
    expect(order).toEqual(['third', 'fourth']);
    expect(open.size).toBe(2);
  });

  it('takes the one given back last, and closes those unused for long, all but one', async () => {
    const { sessions, open, pass } = pool(3);
    const taken = [await sessions.take(), await sessions.take(), await sessions.take()];
    for (const session of taken) sessions.give(session);
    expect((await sessions.take()).equals(taken[2] as Buffer)).toBe(true);
    sessions.give(taken[2] as Buffer);
    sessions.closeIdle(60_000);
    expect(open.size).toBe(3);
    pass(60_001);
    sessions.closeIdle(60_000);
    expect([...open]).toEqual([3]);
  });

  it('a token with room for fewer sessions than wanted makes requests wait, not fail', async () => {
    const { sessions, open } = pool(8, 2);
    const [first] = [await sessions.take(), await sessions.take()];
    const third = sessions.take();
    expect(third).toBeInstanceOf(Promise);
    sessions.give(first as Buffer);
    expect((await third).equals(first as Buffer)).toBe(true);
    expect(open.size).toBe(2);
  });

  it('a discarded session is closed and whoever waits gets a fresh one', async () => {
    const { sessions, open } = pool(1);
    const first = await sessions.take();
    const second = sessions.take();
    sessions.discard(first);
    expect((await second).equals(first)).toBe(false);
    expect(open.size).toBe(1);
  });

  it('a token without room for a single session is an error at once', () => {
    const { sessions } = pool(1, 0);
    expect(() => sessions.take()).toThrow('CKR_SESSION_COUNT');
  });
});
