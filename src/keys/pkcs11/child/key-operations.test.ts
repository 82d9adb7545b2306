import { describe, expect, it } from 'vitest';
import type { KeyFacts } from '../protocol.ts';
import type { Cryptoki } from './cryptoki.ts';
import { ChildFailure } from './failure.ts';
import type { KeyObject, KeyObjects } from './key-objects.ts';
import { KeyOperations } from './key-operations.ts';
import type { ModuleCalls } from './module-calls.ts';
import { SessionPool } from './session-pool.ts';

const id = Buffer.alloc(20, 7);
const digest = Buffer.alloc(32);
const signature = Buffer.from('signature');
const facts: KeyFacts = {
  algorithm: 'ec-p256',
  label: '',
  usages: ['sign', 'decrypt'],
  attributes: { sensitive: true, extractable: false, alwaysSensitive: true, neverExtractable: true, local: true },
};
const key: KeyObject = { handle: Buffer.alloc(8), publicHandle: undefined, facts, unsafe: undefined };

interface World {
  /** Return values of the calls to come, 0 for success. */
  readonly codes: number[];
  readonly tokenLives?: boolean;
  readonly found?: KeyObject | undefined;
}

function world({ codes, tokenLives = true, ...rest }: World) {
  const log: string[] = [];
  let sessions = 0;
  const cryptoki = {
    C_OpenSession: () => {
      sessions += 1;
      return Buffer.from([sessions]);
    },
    C_CloseSession: () => log.push('close'),
  } as unknown as Cryptoki;
  const call = (session: Buffer): Buffer => {
    log.push(`call on ${session[0]}`);
    const code = codes.shift() ?? 0;
    if (code !== 0) throw Object.assign(new Error('CKR_SOMETHING'), { code });
    return signature;
  };
  const calls: ModuleCalls = { mode: 'blocking', sign: call, encrypt: call, decrypt: call };
  const objects = {
    find: () => ('found' in rest ? rest.found : key),
    forget: () => log.push('forget'),
  } as unknown as KeyObjects;
  const pool = new SessionPool({ cryptoki, slot: Buffer.alloc(8), limit: 2, readWrite: false, nowMillis: () => 0 });
  const probe = async (): Promise<void> => {
    log.push('probe');
    if (!tokenLives) throw new ChildFailure('unavailable', 'gone');
  };
  return { operations: new KeyOperations({ objects, pool, calls, probe }), log };
}

const sign = async (start: World): Promise<{ outcome: string; log: string[] }> => {
  const { operations, log } = world(start);
  try {
    return { outcome: (await operations.sign(id, 0, digest)).toString(), log };
  } catch (error) {
    return { outcome: (error as ChildFailure).kind, log };
  }
};

describe('operations with keys and what goes wrong', () => {
  it('a dead session is closed and the call repeated once on another', async () => {
    expect(await sign({ codes: [179, 0] })).toEqual({ outcome: 'signature', log: ['call on 1', 'close', 'call on 2'] });
    expect((await sign({ codes: [144, 179, 0] })).outcome).toBe('unavailable');
  });

  it('a dead handle is found again once; then the key is missing, if the token lives', async () => {
    expect((await sign({ codes: [130, 0] })).log).toEqual(['call on 1', 'close', 'forget', 'call on 2']);
    expect((await sign({ codes: [96, 130] })).outcome).toBe('key_missing');
    expect((await sign({ codes: [96, 130], tokenLives: false })).outcome).toBe('unavailable');
  });

  it('a key that is not found is missing only when the token lives', async () => {
    expect(await sign({ codes: [], found: undefined })).toEqual({ outcome: 'key_missing', log: ['probe'] });
    expect((await sign({ codes: [], found: undefined, tokenLives: false })).outcome).toBe('unavailable');
  });

  it.each([48, 50, 224, 225, 257, 400, 160])(
    'return value %i calls for a new child, without a second try',
    async (code) => {
      const { outcome, log } = await sign({ codes: [code] });
      expect(outcome).toBe('unavailable');
      expect(log).toEqual(['call on 1', 'close']);
    },
  );

  it.each([5, 6, 0x8000_0001])('return value %i is judged by a probe', async (code) => {
    expect((await sign({ codes: [code] })).outcome).toBe('internal');
    expect((await sign({ codes: [code], tokenLives: false })).outcome).toBe('unavailable');
  });

  it('an unclear error on a message of the caller means that it does not open', async () => {
    const open = async (start: World): Promise<string> => {
      const { operations } = world(start);
      const run = async () => operations.decrypt(id, Buffer.alloc(12), Buffer.alloc(0), Buffer.alloc(20));
      return run().then(String, (error: ChildFailure) => error.kind);
    };
    for (const code of [5, 6, 64, 66]) expect(await open({ codes: [code] })).toBe('not_authentic');
    expect(await open({ codes: [5], tokenLives: false })).toBe('unavailable');
    expect(await open({ codes: [7] })).toBe('refused');
  });

  it('SEAL-05: a key that is not protected, or not for this use, never reaches the module', async () => {
    expect(await sign({ codes: [], found: { ...key, unsafe: 'extractable' } })).toEqual({
      outcome: 'key_unsafe',
      log: [],
    });
    const others = [
      { ...facts, usages: [] },
      { ...facts, algorithm: 'rsa-2048' },
    ] as const;
    for (const other of others) {
      expect(await sign({ codes: [], found: { ...key, facts: other } })).toEqual({ outcome: 'refused', log: [] });
    }
  });
});
