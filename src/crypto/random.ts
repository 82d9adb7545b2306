import { randomFillSync } from 'node:crypto';

/** A source of unpredictable bytes. Passed in, so that tests can repeat a run; production uses `systemRandom`. */
export interface Random {
  bytes(size: number): Buffer;
}

const poolSize = 8192;
let pool = Buffer.alloc(0);
let used = 0;

/** The operating system's generator, read in pages: one system call for many small requests. Bytes are handed out once. */
export const systemRandom: Random = {
  bytes(size) {
    if (size > poolSize / 4) return randomFillSync(Buffer.alloc(size));
    if (used + size > pool.length) {
      pool = randomFillSync(Buffer.allocUnsafeSlow(poolSize));
      used = 0;
    }
    const bytes = Buffer.from(pool.subarray(used, used + size));
    pool.fill(0, used, used + size);
    used += size;
    return bytes;
  },
};

/** A version 4 UUID (RFC 9562 5.4). */
export function newUuid(random: Random): string {
  const bytes = random.bytes(16);
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
