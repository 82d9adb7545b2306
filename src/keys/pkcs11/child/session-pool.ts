import pkcs11js from 'pkcs11js';
import { remedyFor } from '../return-values.ts';
import type { Cryptoki, Handle } from './cryptoki.ts';
import { returnValueOf } from './failure.ts';

export interface SessionPoolOptions {
  readonly cryptoki: Cryptoki;
  readonly slot: Handle;
  readonly limit: number;
  readonly readWrite: boolean;
  readonly nowMillis: () => number;
}

/**
 * Sessions for work. One session carries one operation at a time, from its Init to its last call, and has one owner in
 * between. The one given back last is taken first, so that a quiet server keeps one warm and lets the others go.
 */
export class SessionPool {
  readonly #options: SessionPoolOptions;
  readonly #flags: number;
  readonly #idle: { readonly session: Handle; readonly sinceMillis: number }[] = [];
  readonly #waiting: { resolve: (session: Handle) => void; reject: (error: unknown) => void }[] = [];
  #limit: number;
  #open = 0;

  constructor(options: SessionPoolOptions) {
    this.#options = options;
    this.#limit = options.limit;
    this.#flags = pkcs11js.CKF_SERIAL_SESSION | (options.readWrite ? pkcs11js.CKF_RW_SESSION : 0);
  }

  get openSessions(): number {
    return this.#open;
  }

  /** A session of one's own, to be given back or discarded. Waits when all are in use. */
  take(): Handle | Promise<Handle> {
    const idle = this.#idle.pop();
    if (idle) return idle.session;
    if (this.#open < this.#limit) {
      const session = this.#openOne();
      if (session) return session;
    }
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  give(session: Handle): void {
    const next = this.#waiting.shift();
    if (next) next.resolve(session);
    else this.#idle.push({ session, sinceMillis: this.#options.nowMillis() });
  }

  /** Closes a session whose state is not known. Whoever waits gets a new one. */
  discard(session: Handle): void {
    this.#close(session);
    if (this.#waiting.length === 0) return;
    try {
      const fresh = this.#openOne();
      if (fresh) this.#waiting.shift()?.resolve(fresh);
    } catch (error) {
      this.#waiting.shift()?.reject(error);
    }
  }

  /** Closes sessions unused for that long, all but one: network HSMs drop idle ones without saying so. */
  closeIdle(idleMillis: number): void {
    const before = this.#options.nowMillis() - idleMillis;
    while (this.#idle.length > 1 && (this.#idle[0]?.sinceMillis ?? before) < before) {
      const oldest = this.#idle.shift();
      if (oldest) this.#close(oldest.session);
    }
  }

  /** Undefined when the token has no room for another one, as long as there is one to wait for. */
  #openOne(): Handle | undefined {
    try {
      const session = this.#options.cryptoki.C_OpenSession(this.#options.slot, this.#flags);
      this.#open += 1;
      return session;
    } catch (error) {
      if (remedyFor(returnValueOf(error)) !== 'fewer_sessions' || this.#open === 0) throw error;
      this.#limit = this.#open;
      return undefined;
    }
  }

  #close(session: Handle): void {
    this.#open -= 1;
    try {
      this.#options.cryptoki.C_CloseSession(session);
    } catch {
      // It is out of the pool either way.
    }
  }
}
