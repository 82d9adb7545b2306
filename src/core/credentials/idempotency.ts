import { type JsonObject, StrongroomError } from '../../lib/index.ts';
import { type Change, isGuardFailure } from '../../store/index.ts';
import type { Core } from '../core.ts';
import { RecordCollection, type StoredRecord } from '../records/index.ts';
import type { EngineRequest } from '../routes/index.ts';
import { requirePrincipal } from '../routes/index.ts';

interface KeptAnswer {
  /** Keyed hash of what was asked. */
  readonly asked: string;
  readonly data: JsonObject;
}

const keptMillis = 24 * 3_600_000;
const keyPattern = /^[\x21-\x7e]{1,255}$/;

/**
 * Answers a repeated request as the first one was answered: the same `Idempotency-Key` of the same caller, with the same
 * body, within a day. The kept answer holds a credential; it is sealed like every other row and never kept in memory.
 */
export class IdempotentAnswers {
  readonly #core: Core;
  readonly #kept: RecordCollection<KeptAnswer>;

  constructor(core: Core) {
    this.#core = core;
    this.#kept = new RecordCollection({ store: core.store, seal: core.seal, remember: false }, 'idempotency');
  }

  /** The id under which an answer is kept; undefined when the request has no such header. */
  #id(request: EngineRequest<unknown>): string | undefined {
    const key = request.header('idempotency-key');
    if (key === undefined || key === '') return undefined;
    if (!keyPattern.test(key)) {
      throw new StrongroomError('invalid_request', 'the Idempotency-Key is unreadable', {
        hint: 'up to 255 printable characters without blanks',
      });
    }
    return this.#core.seal.sealer.index(
      'idempotency',
      `${requirePrincipal(request).credentialId}\0${request.path}\0${key}`,
    );
  }

  #asked(request: EngineRequest<unknown>): string {
    return this.#core.seal.sealer.index('idempotency-body', JSON.stringify(request.body));
  }

  /** Makes something once: `make` answers what is stored and what is told. A repetition is told the same. */
  async once(
    request: EngineRequest<unknown>,
    make: () => Promise<{ readonly changes: readonly Change[]; readonly data: JsonObject }>,
  ): Promise<JsonObject> {
    const id = this.#id(request);
    if (id === undefined) {
      const { changes, data } = await make();
      await this.#core.store.commit(changes);
      return data;
    }
    for (;;) {
      const stored = await this.#kept.read(request.mount, id);
      if (stored && !this.#isOver(stored)) return this.#repeat(stored, request);
      const { changes, data } = await make();
      const clear = stored ? [this.#kept.remove(request.mount, id, stored.row.version)] : [];
      const keep = this.#kept.insert(
        request.mount,
        id,
        { asked: this.#asked(request), data },
        { expireMillis: request.nowMillis + keptMillis },
      );
      try {
        await this.#core.store.commit([...clear, keep, ...changes]);
        return data;
      } catch (error) {
        // Somebody else was first with the same key: then theirs is the answer.
        if (!isGuardFailure(error) || error.changeIndex > clear.length) throw error;
      }
    }
  }

  #isOver(stored: StoredRecord<KeptAnswer>): boolean {
    return (stored.row.expire_millis ?? 0) <= this.#core.clock.nowMillis();
  }

  #repeat(stored: StoredRecord<KeptAnswer>, request: EngineRequest<unknown>): JsonObject {
    if (stored.body.asked === this.#asked(request)) return stored.body.data;
    throw new StrongroomError('conflict', 'this Idempotency-Key was used for another request', {
      hint: 'a repetition has the same body; a new request a new key',
    });
  }
}
