import { hashPassword, type Random, verifyPassword } from '../../crypto/index.ts';
import { type SecretText, StrongroomError } from '../../lib/index.ts';

const maxRunning = 2;
const maxWaiting = 64;

/**
 * Hashes passwords, a few at a time: each takes 19 MiB and 20 ms of a core, so that a flood of log-ins would otherwise
 * starve everything else. Beyond what may wait, callers are told to come back.
 */
export class PasswordChecks {
  readonly #random: Random;
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  /** Verified in place of a hash that is not there, so that a missing user costs what a present one costs. */
  #nobody: Promise<string> | undefined;

  constructor(random: Random) {
    this.#random = random;
  }

  hash(password: SecretText): Promise<string> {
    return this.#run(() => hashPassword(password, this.#random));
  }

  /** Whether the password is the one behind a hash; false, after the same work, when there is no hash. */
  verify(password: SecretText, hash: string | undefined): Promise<boolean> {
    return this.#run(async () => {
      this.#nobody ??= hashPassword(password, this.#random);
      const stored = hash ?? (await this.#nobody);
      return (await verifyPassword(password, stored)) && hash !== undefined;
    });
  }

  async #run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= maxRunning) {
      if (this.#waiting.length >= maxWaiting) {
        throw new StrongroomError('rate_limited', 'too many log-ins at once', {
          hint: 'try again in a moment',
          retryAfterSeconds: 1,
        });
      }
      await new Promise<void>((resume) => this.#waiting.push(resume));
    } else {
      this.#running += 1;
    }
    try {
      return await work();
    } finally {
      // The place goes to whoever waits, without being free in between.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }
}
