import type { MacKey } from '../../../crypto/index.ts';
import type { LineGroup } from '../line-group.ts';
import { type ChainPosition, type SealedLines, sealLines } from '../lines/chain.ts';
import type { Checkpointer, SignedCheckpoint } from './checkpointer.ts';
import type { GroupQueue } from './group-queue.ts';

/** One write: what is in it, and where the chain stands when it succeeds. */
export interface Attempt {
  readonly groups: readonly LineGroup[];
  readonly toldMissedLines: number;
  readonly checkpoint: SignedCheckpoint | undefined;
  readonly sealed: SealedLines;
  readonly lineCount: number;
}

/**
 * Everything that waits, chained and in one piece: first what was missed (`tellMissed` makes the line), last a waiting
 * checkpoint. Undefined when nothing waits.
 */
export function gatherAttempt(
  queue: GroupQueue,
  checkpoints: Checkpointer,
  position: ChainPosition,
  key: MacKey,
  tellMissed: (missedLines: number) => string,
): Attempt | undefined {
  const checkpoint = checkpoints.take();
  if (queue.isEmpty && checkpoint === undefined) return undefined;
  const groups = queue.take();
  const lines = queue.linesOf(groups);
  const toldMissedLines = queue.missedLines;
  if (toldMissedLines > 0) lines.unshift(tellMissed(toldMissedLines));
  if (checkpoint !== undefined) lines.push(checkpoint.line);
  return { groups, toldMissedLines, checkpoint, sealed: sealLines(position, lines, key), lineCount: lines.length };
}
