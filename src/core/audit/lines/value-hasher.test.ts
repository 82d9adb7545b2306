import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { hashKey } from '../audit-fixture.ts';
import { ValueHasher } from './value-hasher.ts';

const limits = { rememberedValues: 4, rememberedLength: 16, forgetAfterMillis: 1000 };

describe('ValueHasher', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('is HMAC-SHA-256 in hexadecimal, the same for equal values', () => {
    const hasher = new ValueHasher(hashKey);
    expect(hasher.text('secret')).toBe(`hmac-sha256:${hashKey.hex('secret')}`);
    expect(hasher.text('secret')).toBe(hasher.text('secret'));
    expect(hasher.text('secret')).not.toBe(hasher.text('Secret'));
    hasher.forget();
  });

  it('hashes bytes as their base64 text', () => {
    const hasher = new ValueHasher(hashKey);
    const bytes = new Uint8Array([0, 255, 16, 7]).subarray(1);
    expect(hasher.bytes(bytes)).toBe(hasher.text('/xAH'));
    hasher.forget();
  });

  it('remembers a bounded number of short values and no long ones', () => {
    const hasher = new ValueHasher(hashKey, limits);
    for (let index = 0; index < 1000; index += 1) hasher.text(`value ${index}`);
    expect(hasher.remembered).toBeLessThanOrEqual(8);
    const before = hasher.remembered;
    hasher.text('a value that is longer than the limit');
    expect(hasher.remembered).toBe(before);
    hasher.forget();
  });

  it('forgets a value that is not used, so that secrets do not stay in memory', () => {
    const hasher = new ValueHasher(hashKey, limits);
    hasher.text('secret');
    expect(hasher.remembered).toBe(1);
    vi.advanceTimersByTime(2 * limits.forgetAfterMillis);
    expect(hasher.remembered).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('keeps no timer and no value after forget', () => {
    const hasher = new ValueHasher(hashKey, limits);
    hasher.text('secret');
    hasher.forget();
    expect(hasher.remembered).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});
