import { createReadStream } from 'node:fs';
import type { MacKey } from '../../../crypto/index.ts';
import type { AuditHead } from '../sinks/device.ts';
import { LogCheck, type VerifySignature } from './log-check.ts';
import type { AuditProblem } from './log-problem.ts';
import { type ReadLine, readLines } from './read-lines.ts';

export interface VerifyOptions {
  /** The head beside the log (`readAuditHead`): needed for a log that is still being written. */
  readonly head?: AuditHead | undefined;
  /** Checks the signature of a checkpoint; without it signatures are not checked. */
  readonly verifySignature?: VerifySignature | undefined;
  /** Checks the MAC of each group; only who holds the server's keys can. */
  readonly chainKey?: MacKey | undefined;
  /** The text the sink puts before each line. */
  readonly prefix?: string | undefined;
}

export interface AuditVerdict {
  readonly ok: boolean;
  /** Whole lines read; after a problem, up to it. */
  readonly lines: number;
  readonly checkpoints: number;
  /** The newest line covered by a checkpoint whose signature was checked and held; 0 for none. */
  readonly signedLines: number;
  /** Number of the first line (from 1) that is not as it was written. */
  readonly firstBadLine?: number;
  readonly kind?: AuditProblem;
  /** One sentence for the operator. */
  readonly problem?: string;
}

/**
 * Checks a whole log, offline: numbers, chain, group MACs, checkpoint signatures, and that its end is there (a last
 * checkpoint, or the place its head names). Reads the log as a stream; memory does not grow with it.
 *
 * Without `verifySignature` and without `chainKey` only accidents are found: who can write the file can also compute
 * the chain anew. Then `signedLines` is 0.
 */
export async function verifyAuditLog(
  source: string | AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: VerifyOptions = {},
): Promise<AuditVerdict> {
  const stream = typeof source === 'string' ? createReadStream(source, { highWaterMark: 1_048_576 }) : source;
  const check = new LogCheck(options);
  let current: ReadLine | undefined;
  for await (const batch of readLines(stream)) {
    for (const line of batch) {
      if (current !== undefined && !(await check.line(current, line))) return check.verdict();
      current = line;
    }
    if (current !== undefined) current = { bytes: Buffer.from(current.bytes), whole: current.whole };
  }
  if (current !== undefined && !(await check.line(current, undefined))) return check.verdict();
  await check.end();
  return check.verdict();
}
