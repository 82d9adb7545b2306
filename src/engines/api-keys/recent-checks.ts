import type { JsonObject } from '../../lib/index.ts';

const keptMillis = 60_000;
const maxKept = 50_000;

interface Kept {
  readonly data: JsonObject;
  readonly untilMillis: number;
}

/** Answers of checks that came with a `request_id`: the same one within a minute counts once and is answered alike. */
export class RecentChecks {
  readonly #kept = new Map<string, Kept>();

  find(keyId: string, requestId: string, nowMillis: number): JsonObject | undefined {
    const found = this.#kept.get(`${keyId}\0${requestId}`);
    return found && found.untilMillis > nowMillis ? found.data : undefined;
  }

  keep(keyId: string, requestId: string, data: JsonObject, nowMillis: number): void {
    const id = `${keyId}\0${requestId}`;
    this.#kept.delete(id);
    this.#kept.set(id, { data, untilMillis: nowMillis + keptMillis });
    for (const [oldest, kept] of this.#kept) {
      if (this.#kept.size <= maxKept && kept.untilMillis > nowMillis) break;
      this.#kept.delete(oldest);
    }
  }
}
