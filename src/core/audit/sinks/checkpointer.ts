import { failureName } from '../audit-error.ts';
import type { ChainPosition } from '../lines/chain.ts';
import { controlLine } from '../lines/control-line.ts';
import type { FormatOptions } from '../lines/format-options.ts';
import { lineTime } from '../lines/quote.ts';
import { type CheckpointReason, checkpointDigest, maxCoverDistance, within } from './checkpoint.ts';
import type { AuditHead } from './device.ts';
import type { SinkSurroundings } from './sink-settings.ts';

/** A checkpoint that is signed and waits to be written as the last line of the next write. */
export interface SignedCheckpoint {
  readonly line: string;
  readonly covers: ChainPosition;
  readonly time: string;
  readonly signature: string;
}

/**
 * Decides when a sink's log gets its next checkpoint and has it signed. Signing runs beside the writing of lines: a
 * checkpoint names the line it covers, and may stand some lines after it.
 */
export class Checkpointer {
  readonly #around: SinkSurroundings;
  readonly #format: FormatOptions;
  readonly #position: () => ChainPosition;
  readonly #ready: () => void;
  #waiting: SignedCheckpoint | undefined;
  #lines = 0;
  #signing = false;
  #generation = 0;
  #timer: NodeJS.Timeout | undefined;
  #failure: string | undefined;

  /** `position`: where the log stands now. `ready`: a checkpoint waits to be written. */
  constructor(around: SinkSurroundings, format: FormatOptions, position: () => ChainPosition, ready: () => void) {
    this.#around = around;
    this.#format = format;
    this.#position = position;
    this.#ready = ready;
  }

  /** Why the newest attempt to sign failed; undefined when it did not. */
  get failure(): string | undefined {
    return this.#failure;
  }

  get hasWaiting(): boolean {
    return this.#waiting !== undefined;
  }

  /** Lines were written that no checkpoint covers yet. */
  linesWritten(count: number): void {
    this.#lines += count;
    if (this.#lines >= this.#around.settings.checkpointLines) this.start();
    else this.#arm();
  }

  /** The checkpoint to write now, if one waits and is still of use. */
  take(): SignedCheckpoint | undefined {
    const checkpoint = this.#waiting;
    this.#waiting = undefined;
    if (checkpoint === undefined) return undefined;
    if (this.#position().seq - checkpoint.covers.seq <= maxCoverDistance) return checkpoint;
    this.start();
    return undefined;
  }

  /** A checkpoint was written as line `at`. */
  written(checkpoint: SignedCheckpoint, at: ChainPosition): void {
    this.#lines = at.seq - 1 - checkpoint.covers.seq;
    if (this.#lines > 0) this.#arm();
  }

  /** Begins signing a checkpoint over the newest line. */
  start(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#signing || this.#waiting !== undefined || this.#position().seq === 0) return;
    this.#signing = true;
    const generation = this.#generation;
    this.sign('interval')
      .then((checkpoint) => {
        if (generation !== this.#generation) return;
        this.#waiting = checkpoint;
        this.#ready();
      })
      .catch(() => this.#arm())
      .finally(() => {
        this.#signing = false;
      });
  }

  /** Forgets what waits or is being signed: the log ends or another one begins. */
  reset(): void {
    this.#generation += 1;
    this.#waiting = undefined;
    this.#lines = 0;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Signs the newest line. Rejects when the signature cannot be had in time. */
  async sign(reason: CheckpointReason): Promise<SignedCheckpoint> {
    const { signCheckpoint, checkpointKeyId, clock, settings, log } = this.#around;
    const covers = this.#position();
    try {
      const signed = Promise.resolve().then(() => signCheckpoint(checkpointDigest(covers)));
      // At a rotation requests wait for the signature: it must come before they are given up.
      const limitMillis = reason === 'rotation' ? settings.timeoutMillis / 2 : settings.signTimeoutMillis;
      const signature = (await within(limitMillis, 'signing', signed)).toString('base64');
      if (this.#failure !== undefined) log.info({}, 'audit checkpoints are signed again');
      this.#failure = undefined;
      const now = clock.nowMillis();
      const members = { reason, covers, key_id: checkpointKeyId, signature };
      return { line: controlLine('checkpoint', now, members, this.#format), covers, time: lineTime(now), signature };
    } catch (error) {
      if (this.#failure === undefined)
        log.error({ failure: failureName(error) }, 'an audit checkpoint cannot be signed');
      this.#failure = failureName(error);
      throw error;
    }
  }

  /** The head that names a checkpoint written as line `at` of the log whose first chain value is `log`. */
  head(checkpoint: SignedCheckpoint, at: ChainPosition, log: string): AuditHead {
    const { covers, time, signature } = checkpoint;
    return { log, seq: at.seq, chain: at.chain, covers, time, keyId: this.#around.checkpointKeyId, signature };
  }

  #arm(): void {
    this.#timer ??= setTimeout(() => this.start(), this.#around.settings.checkpointMillis).unref();
  }
}
