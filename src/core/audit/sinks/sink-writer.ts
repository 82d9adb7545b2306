import { failureName } from '../audit-error.ts';
import type { LineGroup } from '../line-group.ts';
import { type ChainPosition, chainStart, sealLines } from '../lines/chain.ts';
import { controlLine, type Members } from '../lines/control-line.ts';
import type { FormatOptions } from '../lines/format-options.ts';
import { type Attempt, gatherAttempt } from './attempt.ts';
import { type CheckpointReason, within } from './checkpoint.ts';
import { Checkpointer, type SignedCheckpoint } from './checkpointer.ts';
import type { AuditDevice, DeviceStart } from './device.ts';
import { GroupQueue } from './group-queue.ts';
import { HeadSaver } from './head-saver.ts';
import { appendBytes, openingLine } from './opening-line.ts';
import { RetryTimer } from './retry-timer.ts';
import type { AuditSink } from './sink-config.ts';
import type { SinkHealth } from './sink-health.ts';
import type { SinkSurroundings } from './sink-settings.ts';

/**
 * One sink: chains lines, writes what waits with one append at a time, and lives through failures. A write that fails
 * or takes too long fails the groups that wait for it and makes the sink unhealthy; it then tries again in the
 * background, and the first line it manages to write says what was missed.
 */
export class SinkWriter {
  readonly sink: AuditSink;
  readonly format: FormatOptions;
  readonly formatIndex: number;
  readonly #device: AuditDevice;
  readonly #around: SinkSurroundings;
  readonly #checkpoints: Checkpointer;
  readonly #queue: GroupQueue;
  readonly #retry: RetryTimer;
  readonly #heads: HeadSaver;
  readonly #watch: NodeJS.Timeout;
  #state: 'failed' | 'ready' | 'stopped' = 'failed';
  #failure: string | undefined;
  #stopping = false;
  #busy = false;
  #tasks: (() => Promise<void>)[] = [];
  #position: ChainPosition = chainStart;
  /** The newest line of the log before this one. */
  #previous: ChainPosition | undefined;
  #log: string | undefined;
  #lines = 0;

  constructor(
    sink: AuditSink,
    format: FormatOptions,
    formatIndex: number,
    device: AuditDevice,
    around: SinkSurroundings,
  ) {
    this.sink = sink;
    this.format = format;
    this.formatIndex = formatIndex;
    this.#device = device;
    this.#around = around;
    const { maxQueuedLength, retryMillis, maxRetryMillis, timeoutMillis } = around.settings;
    this.#queue = new GroupQueue(formatIndex, maxQueuedLength);
    this.#retry = new RetryTimer(retryMillis, maxRetryMillis, () => this.#tryAgain());
    this.#heads = new HeadSaver(device, sink.path, around.log, (error) => this.#lost(error));
    this.#checkpoints = new Checkpointer(
      around,
      format,
      () => this.#position,
      () => this.#pump(),
    );
    this.#watch = setTimeout(() => this.#expired(), timeoutMillis).unref();
  }

  health(): SinkHealth {
    return {
      path: this.sink.path,
      type: this.sink.config.target.kind,
      healthy: this.#state === 'ready',
      failure: this.#failure,
      lines: this.#lines,
      missedLines: this.#queue.missedLines,
      checkpointFailure: this.#checkpoints.failure,
    };
  }

  /** Opens the log and writes its first line. Rejects when that fails; the sink then goes on trying by itself. */
  async start(): Promise<void> {
    await within(
      this.#around.settings.timeoutMillis,
      'opening',
      this.#exclusive(() => this.#open()),
    );
  }

  /** Takes a group; tells it `written` or `failed` once. */
  write(group: LineGroup): void {
    if (this.#state !== 'ready' || this.#queue.isFull) {
      this.#queue.refuse(group, new Error(this.#failure ?? 'the sink is overloaded'));
      return;
    }
    this.#queue.push(group);
    this.#pump();
  }

  /** Ends the log with a checkpoint and opens its path again (after the file was moved away). */
  async reopen(): Promise<void> {
    if (!this.#device.reopens || this.#stopping) return;
    await this.#exclusive(async () => {
      await this.#endLog('rotation');
      await this.#open();
    });
  }

  /** Writes what waits and a last checkpoint, then closes. Does not wait for a stuck device for ever. */
  async stop(): Promise<void> {
    const { timeoutMillis, signTimeoutMillis } = this.#around.settings;
    const ending = this.#exclusive(async () => {
      this.#stopping = true;
      await this.#drain();
      await this.#endLog('stop');
      this.#state = 'stopped';
      await this.#device.close();
    });
    const limitMillis = this.#state === 'ready' ? timeoutMillis + signTimeoutMillis : timeoutMillis;
    await within(limitMillis, 'stopping', ending).catch((error) =>
      this.#around.log.warn(
        { sink: this.sink.path, failure: failureName(error) },
        'an audit sink did not stop cleanly',
      ),
    );
    this.#state = 'stopped';
    this.#queue.failWaiting(new Error('the sink was stopped'));
    this.#checkpoints.reset();
    this.#retry.stop();
    clearTimeout(this.#watch);
  }

  #exclusive(task: () => Promise<void>): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#tasks.push(() => task().then(resolve, reject));
    this.#pump();
    return promise;
  }

  #pump(): void {
    if (this.#busy) return;
    const task = this.#tasks.shift();
    if (task !== undefined) {
      this.#busy = true;
      this.#watch.refresh();
      void task().finally(() => this.#idle());
      return;
    }
    if (this.#state !== 'ready' || (this.#queue.isEmpty && !this.#checkpoints.hasWaiting)) return;
    this.#busy = true;
    this.#watch.refresh();
    const attempt = this.#gather();
    if (attempt === undefined) {
      this.#busy = false;
      return;
    }
    this.#device.append(attempt.sealed.bytes, (error) => {
      this.#finish(attempt, error);
      this.#idle();
    });
  }

  #idle(): void {
    this.#busy = false;
    if (this.#state === 'failed') this.#retry.start();
    this.#pump();
  }

  #gather(): Attempt | undefined {
    return gatherAttempt(this.#queue, this.#checkpoints, this.#position, this.#around.chainKey, (missedLines) =>
      this.#control('recovered', { missed_lines: missedLines }),
    );
  }

  #finish({ groups, toldMissedLines, checkpoint, sealed, lineCount }: Attempt, error: unknown): void {
    if (error !== undefined) {
      this.#queue.failed(groups, error);
      this.#fail(error);
      return;
    }
    this.#position = sealed.position;
    this.#lines += lineCount;
    this.#queue.told(toldMissedLines);
    this.#queue.written(groups);
    if (checkpoint === undefined) {
      this.#checkpoints.linesWritten(lineCount);
      return;
    }
    this.#checkpoints.written(checkpoint, sealed.position);
    void this.#saveHead(checkpoint);
  }

  #control(type: 'begin' | 'resumed' | 'recovered', members: Members): string {
    const all = { sink: this.sink.path, ...members };
    return controlLine(type, this.#around.clock.nowMillis(), all, this.format);
  }

  async #append(lines: readonly string[]): Promise<void> {
    const sealed = sealLines(this.#position, lines, this.#around.chainKey);
    await appendBytes(this.#device, sealed.bytes);
    this.#position = sealed.position;
    this.#lines += lines.length;
  }

  async #drain(): Promise<void> {
    while (this.#state === 'ready') {
      const attempt = this.#gather();
      if (attempt === undefined) return;
      await appendBytes(this.#device, attempt.sealed.bytes).then(
        () => this.#finish(attempt, undefined),
        (error: unknown) => this.#finish(attempt, error),
      );
    }
  }

  async #open(): Promise<void> {
    try {
      await this.#heads.settled;
      const start = await this.#device.open((error) => this.#lost(error));
      if (this.#position.seq > 0) this.#previous = this.#position;
      this.#checkpoints.reset();
      this.#position = start.position;
      this.#log = start.log;
      await this.#firstLine(start);
      this.#becomeReady();
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  /** Writing the first line proves that the device works. */
  async #firstLine(start: DeviceStart): Promise<void> {
    const { missedLines } = this.#queue;
    if (start.damaged) {
      this.#around.log.error({ sink: this.sink.path, ...start.findings }, 'the audit log was damaged');
    }
    const story = { failure: this.#failure, missedLines, previous: this.#previous };
    const { type, members } = openingLine(start, story);
    await this.#append([this.#control(type, members)]);
    this.#queue.told(missedLines);
    if (type === 'begin') this.#log = this.#position.chain;
  }

  #becomeReady(): void {
    if (this.#state === 'stopped') return;
    if (this.#failure !== undefined) this.#around.log.info({ sink: this.sink.path }, 'the audit sink works again');
    this.#failure = undefined;
    this.#retry.reset();
    this.#state = 'ready';
    this.#checkpoints.start();
  }

  /** A last checkpoint over the log as it is. Without one the log ends unsigned, which `verify` reports. */
  async #endLog(reason: CheckpointReason): Promise<void> {
    this.#checkpoints.reset();
    if (this.#state !== 'ready') return;
    try {
      const checkpoint = await this.#checkpoints.sign(reason);
      await this.#append([checkpoint.line]);
      await this.#saveHead(checkpoint);
    } catch (error) {
      const details = { sink: this.sink.path, failure: failureName(error) };
      this.#around.log.error(details, 'the audit log ends without a checkpoint');
    }
  }

  #saveHead(checkpoint: SignedCheckpoint): Promise<void> {
    return this.#heads.save(this.#checkpoints.head(checkpoint, this.#position, this.#log ?? ''));
  }

  /** The device stopped working while nothing was being written. */
  #lost(error: unknown): void {
    this.#fail(error);
    if (!this.#busy) this.#retry.start();
  }

  #expired(): void {
    if (!this.#busy || this.#stopping) return;
    const error = new Error('the sink is blocked');
    this.#queue.giveUp(error);
    this.#fail(error, 'blocked');
    this.#device.abandon();
  }

  #fail(error: unknown, name = failureName(error)): void {
    if (this.#state === 'stopped') return;
    if (this.#failure === undefined) {
      this.#around.log.error({ sink: this.sink.path, failure: name }, 'an audit sink fails');
    }
    this.#failure = name;
    this.#state = 'failed';
    this.#queue.failWaiting(error);
  }

  #tryAgain(): void {
    if (this.#state === 'failed') this.#exclusive(() => this.#open()).catch(() => {});
  }
}
