import type { MacKey } from '../../crypto/index.ts';
import { type Clock, StrongroomError } from '../../lib/index.ts';
import type { AuditEntry } from './audit-entry.ts';
import { auditUnavailable, failureName, sinkRefused } from './audit-error.ts';
import { LineGroup } from './line-group.ts';
import { completeFormat, type FormatOptions } from './lines/format-options.ts';
import { FormatTable } from './lines/format-table.ts';
import { ValueHasher } from './lines/value-hasher.ts';
import type { SignCheckpoint } from './sinks/checkpoint.ts';
import { resolveFolder } from './sinks/file-open.ts';
import { deviceMaker, type MakeDevice } from './sinks/open-device.ts';
import type { AuditSink, SinkConfig, SinkTarget } from './sinks/sink-config.ts';
import type { SinkHealth } from './sinks/sink-health.ts';
import {
  type AuditNotices,
  defaultSinkSettings,
  quietNotices,
  type SinkSettings,
  type SinkSurroundings,
} from './sinks/sink-settings.ts';
import { SinkWriter } from './sinks/sink-writer.ts';
import type { ConnectSocket } from './sinks/socket-device.ts';

export interface AuditBrokerOptions {
  readonly sinks: readonly AuditSink[];
  /** Hashes values. The same for all sinks: equal values have equal hashes. */
  readonly hashKey: MacKey;
  /** Makes the MAC of each group of lines. */
  readonly chainKey: MacKey;
  readonly signCheckpoint: SignCheckpoint;
  readonly checkpointKeyId: string;
  readonly clock: Clock;
  readonly log: AuditNotices;
  /** Connects sockets; refuses addresses a sink must not reach. */
  readonly connect?: ConnectSocket | undefined;
  /** Makes devices; tests put failing ones in. */
  readonly makeDevice?: MakeDevice | undefined;
  readonly settings?: Partial<SinkSettings> | undefined;
}

export interface AuditHealth {
  /** With no sink enabled nothing is recorded and nothing is refused, as in Vault. */
  readonly enabled: number;
  readonly healthy: number;
  readonly sinks: readonly SinkHealth[];
}

export interface ListedSink {
  readonly path: string;
  readonly description: string;
  readonly target: SinkTarget;
  readonly format: FormatOptions;
}

/** A group is written at once when it holds more than this, without waiting for the end of the tick. */
const largestGroupLength = 4_194_304;
const pathPattern = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}(?:\/[A-Za-z0-9][A-Za-z0-9_.-]{0,63}){0,7}\/$/;
const nothingToDo = Promise.resolve();

/**
 * Records every request: `open` before its effect, `close` before its answer. Each resolves when at least one sink has
 * written the line, and rejects with `audit_unavailable` when none has; the caller must then not go on. Lines of one
 * tick are written together.
 */
export class AuditBroker {
  readonly #around: SinkSurroundings;
  readonly #makeDevice: MakeDevice;
  readonly #hasher: ValueHasher;
  readonly #formats: FormatTable;
  readonly #sinks = new Map<string, SinkWriter>();
  readonly #targets = new Map<string, string>();
  #group: LineGroup | undefined;
  #stopped = false;

  /** Use `openAuditBroker`. */
  constructor(options: AuditBrokerOptions) {
    const { chainKey, signCheckpoint, checkpointKeyId, clock } = options;
    const log = quietNotices(options.log);
    const settings = { ...defaultSinkSettings, ...options.settings };
    this.#around = { chainKey, signCheckpoint, checkpointKeyId, clock, log, settings };
    this.#makeDevice = options.makeDevice ?? deviceMaker(chainKey, options.connect);
    this.#hasher = new ValueHasher(options.hashKey);
    this.#formats = new FormatTable(this.#hasher);
  }

  /** Writes the `request` line. @throws StrongroomError `audit_unavailable`; `invalid_request` beyond `lineLimits`. */
  open(entry: AuditEntry): Promise<void> {
    return this.#record('request', entry);
  }

  /** Writes the `response` line. @throws StrongroomError `audit_unavailable`, also beyond `lineLimits`. */
  close(entry: AuditEntry): Promise<void> {
    return this.#record('response', entry);
  }

  /** The hash that stands for a value in the log: `hmac-sha256:` and hexadecimal. */
  hash(text: string): string {
    return this.#hasher.text(text);
  }

  /**
   * Adds a sink and writes its first line.
   * @throws StrongroomError `invalid_request` when the path or target is taken, the configuration is refused or
   *   nothing can be written.
   */
  async enable(path: string, config: SinkConfig): Promise<void> {
    const writer = await this.#add({ path, config });
    try {
      await writer.start();
    } catch (error) {
      await this.#remove(writer);
      if (error instanceof StrongroomError) throw error;
      throw new StrongroomError('invalid_request', 'the audit sink cannot be written to', {
        hint: 'the first line could not be written; check path, rights, room and address',
        cause: error,
      });
    }
  }

  /** Takes a sink away after a last checkpoint. Does nothing when there is none at this path. */
  async disable(path: string): Promise<void> {
    const writer = this.#sinks.get(path);
    if (writer !== undefined) await this.#remove(writer);
  }

  list(): ListedSink[] {
    return [...this.#sinks.values()].map(({ sink: { path, config }, format }) => ({
      path,
      description: config.description ?? '',
      target: config.target,
      format,
    }));
  }

  /** After log files were moved (SIGHUP): ends each log with a checkpoint and opens its path again. */
  async reopen(): Promise<void> {
    this.#flush();
    await Promise.allSettled([...this.#sinks.values()].map((writer) => writer.reopen()));
  }

  health(): AuditHealth {
    const sinks = [...this.#sinks.values()].map((writer) => writer.health());
    return { enabled: sinks.length, healthy: sinks.filter(({ healthy }) => healthy).length, sinks };
  }

  /** Writes what waits, ends each log with a signed checkpoint and closes. Later lines are refused. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#flush();
    await Promise.all([...this.#sinks.values()].map((writer) => writer.stop()));
    this.#hasher.forget();
  }

  /** Opens the sinks of the configuration; one that cannot be written to now is tried again in the background. */
  async openConfigured(sinks: readonly AuditSink[]): Promise<void> {
    for (const sink of sinks) {
      const writer = await this.#add(sink);
      try {
        await writer.start();
      } catch (error) {
        if (error instanceof StrongroomError) throw error;
      }
    }
  }

  #record(type: 'request' | 'response', entry: AuditEntry): Promise<void> {
    if (this.#stopped) return Promise.reject(auditUnavailable(new Error('the audit broker was stopped')));
    if (this.#sinks.size === 0) return nothingToDo;
    let texts: string[];
    try {
      texts = this.#formats.lines(type, entry);
    } catch (error) {
      const mayTell = type === 'request' && error instanceof StrongroomError;
      return Promise.reject(mayTell ? error : auditUnavailable(error));
    }
    if (this.#group === undefined) {
      this.#group = new LineGroup(this.#formats.size);
      setImmediate(this.#flush);
    }
    const group = this.#group;
    group.add(texts);
    if (group.length > largestGroupLength) this.#flush();
    return group.promise;
  }

  readonly #flush = (): void => {
    const group = this.#group;
    if (group === undefined) return;
    this.#group = undefined;
    const writers = [...this.#sinks.values()];
    group.expect(writers.length);
    for (const writer of writers) writer.write(group);
  };

  async #add(sink: AuditSink): Promise<SinkWriter> {
    const { path, config } = sink;
    if (this.#stopped) throw auditUnavailable(new Error('the audit broker was stopped'));
    if (!pathPattern.test(path)) throw sinkRefused('invalid audit path', 'use a name such as "file/"');
    const format = completeFormat(config.format ?? {}, config.allowRaw === true);
    const target = await targetKey(config.target);
    if (this.#sinks.has(path)) throw sinkRefused('path already in use', 'disable the sink at this path first');
    if ([...this.#targets.values()].includes(target)) {
      throw sinkRefused('another audit sink writes there already', 'one log has one writer');
    }
    this.#flush();
    const writer = new SinkWriter(
      sink,
      format,
      this.#formats.use(format),
      this.#makeDevice(config.target),
      this.#around,
    );
    this.#sinks.set(path, writer);
    this.#targets.set(path, target);
    return writer;
  }

  async #remove(writer: SinkWriter): Promise<void> {
    this.#flush();
    this.#sinks.delete(writer.sink.path);
    this.#formats.release(writer.formatIndex);
    await writer.stop();
    this.#targets.delete(writer.sink.path);
  }
}

async function targetKey(target: SinkTarget): Promise<string> {
  if (target.kind !== 'file') return JSON.stringify(target);
  try {
    return await resolveFolder(target.filePath);
  } catch (error) {
    throw sinkRefused(`the audit folder cannot be used (${failureName(error)})`, 'check that it is a folder of ours');
  }
}

/**
 * Opens the broker with the sinks of the server's configuration.
 * @throws StrongroomError `invalid_request` for a sink that must not be used as configured (a link, a file of another
 *   user, a log of another kind, raw lines …). A sink that merely fails now is tried again in the background:
 *   `health()` says so, and requests are refused while no sink works.
 */
export async function openAuditBroker(options: AuditBrokerOptions): Promise<AuditBroker> {
  const broker = new AuditBroker(options);
  try {
    await broker.openConfigured(options.sinks);
  } catch (error) {
    await broker.stop();
    throw error;
  }
  return broker;
}
