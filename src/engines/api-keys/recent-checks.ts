import type { CredentialState } from '../../core/index.ts';
import type { RateVerdict } from './rate-windows.ts';

/** What a check took: of the limits that counted it, and of the credits. */
export interface Taken {
  readonly code: 'ok' | 'rate_limited' | Exclude<CredentialState, 'active'>;
  readonly rates?: readonly RateVerdict[];
  /** Null: without limit. */
  readonly creditsLeft?: number | null;
}

const keptMillis = 60_000;
const maxKept = 50_000;

interface Kept {
  readonly taken: Promise<Taken>;
  readonly untilMillis: number;
}

/**
 * Checks that came with a `request_id`: the same one on the same key within a minute takes from limits and credits once,
 * also when both are under way. Whether the key is good is judged anew each time.
 */
export class RecentChecks {
  readonly #kept = new Map<string, Kept>();

  once(keyId: string, requestId: string, nowMillis: number, take: () => Promise<Taken>): Promise<Taken> {
    const id = `${keyId}\0${requestId}`;
    const known = this.#kept.get(id);
    if (known && known.untilMillis > nowMillis) return known.taken;
    const kept: Kept = { taken: take(), untilMillis: nowMillis + keptMillis };
    this.#kept.delete(id);
    this.#kept.set(id, kept);
    this.#forgetOld(nowMillis);
    // What was refused took nothing: the next one tries again.
    const forget = (): void => {
      if (this.#kept.get(id) === kept) this.#kept.delete(id);
    };
    kept.taken.then(({ code }) => code !== 'ok' && forget(), forget);
    return kept.taken;
  }

  #forgetOld(nowMillis: number): void {
    for (const [oldest, kept] of this.#kept) {
      if (this.#kept.size <= maxKept && kept.untilMillis > nowMillis) break;
      this.#kept.delete(oldest);
    }
  }
}
