import type { KeyHealth } from '../port.ts';
import { keysUnavailable } from '../refusals.ts';
import type { CheckedPkcs11Options } from './configuration.ts';
import { ChildConnection } from './connection.ts';
import { OperatorNeeded } from './failure-error.ts';
import { uint32 } from './frames.ts';
import { type Operation, operations, type StartAnswer, type StartRequest } from './protocol.ts';
import { type SpawnedChild, spawnChild } from './spawn-child.ts';

type State =
  | { readonly name: 'starting'; readonly child: SpawnedChild; readonly connection: ChildConnection }
  | {
      readonly name: 'ready';
      readonly child: SpawnedChild;
      readonly connection: ChildConnection;
      readonly since: number;
    }
  | { readonly name: 'waiting'; readonly timer: NodeJS.Timeout; readonly until: number }
  /** Nothing is tried until an operator has acted, or ever again after `close`. */
  | { readonly name: 'stopped' | 'closed' };

const firstBackOffMillis = 100;
/** A child that lived this long was well: the next start does not wait for what went wrong before. */
const wellAfterMillis = 30_000;
/** How soon a child that missed a deadline has to answer a probe. */
const suspectMillis = 2000;

/** Keeps one child running: starts it, watches it, ends it when it hangs, starts the next one. */
export class ChildSupervisor {
  readonly #options: CheckedPkcs11Options;
  readonly #onReady: () => void;
  readonly #probeTimer: NodeJS.Timeout;
  #state: State;
  #detail = 'starting';
  #generation = 0;
  #failures = 0;
  #answer: StartAnswer | undefined;
  #started: Promise<void>;

  constructor(options: CheckedPkcs11Options, onReady: () => void) {
    this.#options = options;
    this.#onReady = onReady;
    this.#state = { name: 'stopped' };
    this.#started = this.#start();
    this.#started.catch(() => undefined);
    this.#probeTimer = setInterval(() => this.#probe(options.deadlines.operationMillis), options.probeMillis);
    this.#probeTimer.unref();
  }

  /** What the token said of itself at the last start. */
  get token(): StartAnswer | undefined {
    return this.#answer;
  }

  /** The process that owns the module now. */
  get childPid(): number | undefined {
    const state = this.#state;
    return state.name === 'ready' || state.name === 'starting' ? state.child.process.pid : undefined;
  }

  /** Settles with the start under way or last tried: rejects with `keys_unavailable` when it failed. */
  started(): Promise<void> {
    return this.#started;
  }

  health(): KeyHealth {
    const state = this.#state;
    const generation = this.#generation;
    if (state.name === 'stopped') return { state: 'operator_needed', detail: this.#detail, generation };
    const suspect = state.name === 'ready' && state.connection.misses > 0;
    if (state.name !== 'ready' || suspect)
      return { state: 'degraded', detail: suspect ? 'no answer in time' : this.#detail, generation };
    return { state: 'ok', detail: this.#detail, generation };
  }

  request(
    subject: string,
    operation: Operation,
    deadlineMillis: number,
    parts: readonly Uint8Array[],
  ): Promise<Buffer> {
    const state = this.#state;
    if (state.name === 'ready') return state.connection.request(subject, operation, deadlineMillis, parts);
    return Promise.reject(this.#unavailable());
  }

  async close(): Promise<void> {
    const state = this.#state;
    if (state.name === 'closed') return;
    this.#state = { name: 'closed' };
    this.#detail = 'closed';
    clearInterval(this.#probeTimer);
    if (state.name === 'waiting') clearTimeout(state.timer);
    if (state.name !== 'ready' && state.name !== 'starting') return;
    state.connection.end(this.#unavailable());
    await endChild(state.child);
  }

  #unavailable(): Error {
    const state = this.#state;
    const waitMillis = state.name === 'waiting' ? state.until - this.#options.clock.monotonicMillis() : 0;
    return keysUnavailable(this.#detail, Math.max(1, Math.ceil(waitMillis / 1000)));
  }

  async #start(): Promise<void> {
    const { sessions, environment, clock, queueLimit, deadlines } = this.#options;
    const child = spawnChild(sessions, environment ?? {});
    const connection = new ChildConnection({
      pipe: child.pipe,
      clock,
      queueLimit,
      onSuspect: () => this.#probe(suspectMillis),
      onStalled: () => this.#lose(child, 'the PKCS#11 child hangs'),
    });
    this.#enter({ name: 'starting', child, connection }, 'starting');
    child.process.once('error', (error) => this.#lose(child, `the PKCS#11 child cannot be started: ${error.message}`));
    child.process.once('exit', (code, signal) => this.#lose(child, `the PKCS#11 child ended (${signal ?? code})`));
    try {
      const parts = await this.#startParts();
      const answering = connection.request('start', operations.start, deadlines.startMillis, parts);
      // The PIN is in the batch by now, which is wiped once it is written.
      for (const part of parts) part.fill(0);
      const payload = await answering;
      if (!this.#owns(child)) throw this.#unavailable();
      this.#answer = JSON.parse(payload.toString('utf8')) as StartAnswer;
      this.#generation += 1;
      this.#onReady();
      const { tokenLabel, tokenSerial, calls } = this.#answer;
      const since = clock.monotonicMillis();
      this.#enter({ name: 'ready', child, connection, since }, `token ${tokenLabel} (${tokenSerial}), ${calls} calls`);
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      const text = cause instanceof Error ? cause.message : 'unknown reason';
      if (error instanceof OperatorNeeded) this.#stop(child, text);
      else this.#lose(child, `the token cannot be opened: ${text}`);
      throw this.#unavailable();
    }
  }

  async #startParts(): Promise<Uint8Array[]> {
    const { modulePath, libraryParameters, tokenLabel, tokenSerial, sessions, readWriteSessions, calls } =
      this.#options;
    const request: StartRequest = {
      modulePath,
      ...(libraryParameters === undefined ? {} : { libraryParameters }),
      ...(tokenLabel === undefined || tokenLabel === '' ? {} : { tokenLabel }),
      ...(tokenSerial === undefined || tokenSerial === '' ? {} : { tokenSerial }),
      sessions,
      readWriteSessions,
      calls,
    };
    const json = Buffer.from(JSON.stringify(request), 'utf8');
    const pin = await this.#options.readPin();
    return [uint32(json.length), json, Buffer.from(pin.insecureText(), 'utf8')];
  }

  #owns(child: SpawnedChild): boolean {
    const state = this.#state;
    return (state.name === 'starting' || state.name === 'ready') && state.child === child;
  }

  /** The child is of no more use: ends it and plans the next start. Only the first reason counts. */
  #lose(child: SpawnedChild, detail: string): void {
    const state = this.#state;
    if (!this.#owns(child) || (state.name !== 'starting' && state.name !== 'ready')) return;
    const now = this.#options.clock.monotonicMillis();
    if (state.name === 'ready' && now - state.since >= wellAfterMillis) this.#failures = 0;
    const delay = Math.min(this.#options.maximumBackOffMillis, firstBackOffMillis * 2 ** Math.min(this.#failures, 20));
    this.#failures += 1;
    const timer = setTimeout(() => {
      this.#started = this.#start();
      this.#started.catch(() => undefined);
    }, delay);
    this.#enter({ name: 'waiting', timer, until: now + delay }, detail);
    state.connection.end(this.#unavailable());
    child.process.kill('SIGKILL');
  }

  /** Ends the child for good: a second try of a wrong PIN brings the token closer to locking. */
  #stop(child: SpawnedChild, detail: string): void {
    const state = this.#state;
    if (!this.#owns(child) || (state.name !== 'starting' && state.name !== 'ready')) return;
    this.#enter({ name: 'stopped' }, detail);
    state.connection.end(this.#unavailable());
    child.process.kill('SIGKILL');
  }

  #probe(deadlineMillis: number): void {
    const state = this.#state;
    if (state.name !== 'ready') return;
    // Whatever it finds shows in the child's own end, or in a missed deadline.
    state.connection.request('probe', operations.probe, deadlineMillis, []).catch(() => undefined);
  }

  #enter(state: State, detail: string): void {
    this.#state = state;
    this.#detail = detail;
    this.#options.onHealth?.(this.health());
  }
}

/** Closing the pipe ends a healthy child; one that does not end is killed. */
async function endChild(child: SpawnedChild): Promise<void> {
  const { process: own, pipe } = child;
  if (own.exitCode !== null || own.signalCode !== null) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => own.kill('SIGKILL'), suspectMillis);
    own.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    pipe.end();
  });
}
