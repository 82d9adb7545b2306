import { digest } from '../../../crypto/index.ts';
import type { ChainPosition } from '../lines/chain.ts';

/** Signs the 32 bytes of a checkpoint digest, in the HSM where there is one. */
export type SignCheckpoint = (digest: Buffer) => Promise<Buffer>;

/** Why a checkpoint was made. After `rotation` and `stop` nothing more is written to the log: they mark its end. */
export type CheckpointReason = 'interval' | 'rotation' | 'stop';

/**
 * A signed line may stand at most this many lines after the one it covers, so that a reader need not remember more. A
 * signature that took longer is thrown away and made again.
 */
export const maxCoverDistance = 50_000;

/** What a checkpoint signs: SHA-256 over a fixed name, the covered line's number and its chain value. */
export function checkpointDigest(covers: ChainPosition): Buffer {
  return digest('sha256', `strongroom audit checkpoint v1\n${covers.seq}\n${covers.chain}\n`);
}

/** Rejects after `timeoutMillis`; the work itself is not stopped. */
export async function within<T>(timeoutMillis: number, what: string, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`${what} timed out`)), timeoutMillis);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
