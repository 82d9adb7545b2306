import type { Duplex } from 'node:stream';
import { type Clock, StrongroomError } from '../../lib/index.ts';
import { keysUnavailable } from '../refusals.ts';
import { errorOfFailure } from './failure-error.ts';
import { FrameReader, FrameWriter } from './frames.ts';
import { answerOk, type Failure, type Operation } from './protocol.ts';

interface Request {
  readonly subject: string;
  readonly operation: Operation;
  readonly deadlineAt: number;
  readonly parts: readonly Uint8Array[];
  readonly resolve: (payload: Buffer) => void;
  readonly reject: (error: Error) => void;
}

export interface ConnectionOptions {
  readonly pipe: Duplex;
  readonly clock: Clock;
  /** Waiting and under way together. */
  readonly queueLimit: number;
  /** One request met its deadline unanswered: is the child alive? */
  readonly onSuspect: () => void;
  /** A second one did, with no answer to anything in between: it is not. */
  readonly onStalled: () => void;
}

/** Enough to keep the child busy between two turns of our loop; what waits beyond it can still be refused in time. */
const windowSize = 128;
const sweepMillis = 100;

/** Requests to one child over one pipe: many in flight, gathered per tick, each with a deadline. */
export class ChildConnection {
  readonly #options: ConnectionOptions;
  readonly #writer: FrameWriter;
  readonly #inFlight = new Map<number, Request>();
  #waiting: Request[] = [];
  #nextId = 1;
  #flushPlanned = false;
  #sweep: NodeJS.Timeout | undefined;
  #misses = 0;
  #ended: Error | undefined;

  constructor(options: ConnectionOptions) {
    const { pipe } = options;
    this.#options = options;
    // What was sent may have been a PIN or a plaintext.
    this.#writer = new FrameWriter((bytes) => void pipe.write(bytes, () => void bytes.fill(0)));
    const reader = new FrameReader((id, code, payload) => this.#receive(id, code, payload));
    pipe.on('data', (chunk: Buffer) => {
      try {
        reader.push(chunk);
      } catch (error) {
        this.end(keysUnavailable('the PKCS#11 child sends garbage', 1, error));
        options.onStalled();
      }
    });
    pipe.on('error', (error) => this.end(keysUnavailable('the pipe to the PKCS#11 child broke', 1, error)));
  }

  /** How many requests have met their deadline since the child last answered anything. */
  get misses(): number {
    return this.#misses;
  }

  /** The payload of the answer: a view, to be copied if it has to last. */
  request(
    subject: string,
    operation: Operation,
    deadlineMillis: number,
    parts: readonly Uint8Array[],
  ): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (this.#ended) {
        reject(this.#ended);
        return;
      }
      if (this.#inFlight.size + this.#waiting.length >= this.#options.queueLimit) {
        reject(overloaded());
        return;
      }
      const deadlineAt = this.#options.clock.monotonicMillis() + deadlineMillis;
      const request = { subject, operation, deadlineAt, parts, resolve, reject };
      if (this.#inFlight.size < windowSize) this.#send(request);
      else this.#waiting.push(request);
      this.#sweep ??= setInterval(() => this.#expire(), sweepMillis);
    });
  }

  /** Fails whatever is under way or waiting, and all that comes after. */
  end(error: Error): void {
    if (this.#ended) return;
    this.#ended = error;
    clearInterval(this.#sweep);
    const open = [...this.#inFlight.values(), ...this.#waiting];
    this.#inFlight.clear();
    this.#waiting = [];
    for (const request of open) request.reject(error);
  }

  #send(request: Request): void {
    const id = this.#nextId;
    this.#nextId = id === 0xffff_ffff ? 1 : id + 1;
    this.#inFlight.set(id, request);
    this.#writer.append(id, request.operation, request.parts);
    if (this.#flushPlanned) return;
    this.#flushPlanned = true;
    setImmediate(() => {
      this.#flushPlanned = false;
      if (!this.#ended) this.#writer.flush();
    });
  }

  #receive(id: number, code: number, payload: Buffer): void {
    this.#misses = 0;
    const request = this.#inFlight.get(id);
    if (!request) return;
    this.#inFlight.delete(id);
    if (code === answerOk) request.resolve(payload);
    else request.reject(errorOfFailure(JSON.parse(payload.toString('utf8')) as Failure, request.subject));
    this.#sendWaiting();
  }

  /** Refills the window in gulps: shifting a long queue one by one would copy it each time. */
  #sendWaiting(): void {
    if (this.#waiting.length === 0 || this.#inFlight.size > windowSize / 2) return;
    for (const request of this.#waiting.splice(0, windowSize - this.#inFlight.size)) this.#send(request);
  }

  #expire(): void {
    const now = this.#options.clock.monotonicMillis();
    const late = this.#waiting.filter((request) => request.deadlineAt <= now);
    if (late.length > 0) {
      this.#waiting = this.#waiting.filter((request) => request.deadlineAt > now);
      for (const request of late) request.reject(overloaded());
    }
    let missed = 0;
    for (const [id, request] of this.#inFlight) {
      if (request.deadlineAt > now) continue;
      this.#inFlight.delete(id);
      request.reject(keysUnavailable(`${request.subject}: no answer from the PKCS#11 child in time`));
      missed += 1;
    }
    if (missed > 0) this.#countMisses(missed);
    this.#sendWaiting();
    if (this.#inFlight.size > 0 || this.#waiting.length > 0) return;
    clearInterval(this.#sweep);
    this.#sweep = undefined;
  }

  #countMisses(missed: number): void {
    this.#misses += missed;
    if (this.#misses >= 2) this.#options.onStalled();
    else this.#options.onSuspect();
  }
}

function overloaded(): StrongroomError {
  return new StrongroomError('overloaded', 'too many requests are waiting for the key store', {
    hint: 'send fewer at a time',
    retryAfterSeconds: 1,
  });
}
