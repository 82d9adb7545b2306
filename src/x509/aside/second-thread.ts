import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { packQuestion, type Question } from './question.ts';

export interface SecondThreadOptions {
  /** How many documents must be in the making at once before a thread is worth its memory. */
  readonly startAt: number;
  /** Questions on their way; beyond them the asking thread does the work itself, so that both are busy. */
  readonly mostPending: number;
  /** A thread that is not asked for so long is ended. */
  readonly idleMillis: number;
  /** After a thread that failed, none is started for so long. */
  readonly pauseMillis: number;
}

const defaults: SecondThreadOptions = { startAt: 4, mostPending: 64, idleMillis: 30_000, pauseMillis: 60_000 };

interface Running {
  readonly worker: Worker;
  readonly pending: Map<number, (yes: boolean) => void>;
  readonly idleTimer: NodeJS.Timeout;
  ready: boolean;
  asked: boolean;
}

/**
 * A thread beside the main one for judging what is issued, which takes half of a certificate. It is there only while
 * many are made at once, and it can only say yes: a no, a fault or its death leave the question to who asked.
 * No private key reaches it.
 */
export class SecondThread {
  readonly #options: SecondThreadOptions;
  #running: Running | undefined;
  #inTheMaking = 0;
  #asked = 0;
  #pausedUntilMillis = 0;

  constructor(options: Partial<SecondThreadOptions> = {}) {
    this.#options = { ...defaults, ...options };
  }

  /** Whether a thread is there and takes questions. */
  get isReady(): boolean {
    return this.#running?.ready === true;
  }

  /** Whether there is a thread, ready or not. */
  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** Does `work`, which makes one document, and counts it meanwhile. */
  async during<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#inTheMaking += 1;
    if (this.#inTheMaking >= this.#options.startAt) this.#start();
    try {
      return await work();
    } finally {
      this.#inTheMaking -= 1;
    }
  }

  /** Resolves to true for a yes of the thread. Undefined at once where there is none that could answer. */
  ask(question: Question): Promise<boolean> | undefined {
    const running = this.#running;
    if (!running?.ready || running.pending.size >= this.#options.mostPending) return undefined;
    this.#asked += 1;
    const number = this.#asked;
    running.asked = true;
    running.worker.postMessage({ number, bytes: packQuestion(question) });
    return new Promise((resolve) => void running.pending.set(number, resolve));
  }

  /** Ends the thread, if there is one. What it was asked is left to who asked. */
  async end(): Promise<void> {
    await this.#running?.worker.terminate();
  }

  #start(): void {
    if (this.#running || performance.now() < this.#pausedUntilMillis) return;
    // The same file, whether run from source or from `dist`.
    const entry = new URL(`./thread/main${extname(import.meta.url)}`, import.meta.url);
    const worker = new Worker(entry, {
      name: 'x509',
      env: {},
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 8 },
    });
    const running: Running = {
      worker,
      pending: new Map(),
      idleTimer: setInterval(() => this.#endIdle(running), this.#options.idleMillis).unref(),
      ready: false,
      asked: true,
    };
    this.#running = running;
    worker.on('message', (message: 'ready' | { readonly number: number; readonly yes: boolean }) => {
      if (message === 'ready') running.ready = true;
      else settle(running, message.number, message.yes);
    });
    worker.on('error', () => {
      this.#pausedUntilMillis = performance.now() + this.#options.pauseMillis;
    });
    worker.on('exit', () => this.#forget(running));
    // A thread that waits does not keep the process alive; to listen to it would.
    worker.unref();
  }

  #endIdle(running: Running): void {
    if (!running.ready) return;
    if (!running.asked && running.pending.size === 0) {
      running.ready = false;
      void running.worker.terminate();
    }
    running.asked = false;
  }

  #forget(running: Running): void {
    clearInterval(running.idleTimer);
    if (this.#running === running) this.#running = undefined;
    running.ready = false;
    for (const number of [...running.pending.keys()]) settle(running, number, false);
  }
}

function settle({ pending }: Running, number: number, yes: boolean): void {
  const resolve = pending.get(number);
  pending.delete(number);
  resolve?.(yes === true);
}

/** The one of this process. */
export const secondThread = new SecondThread();
