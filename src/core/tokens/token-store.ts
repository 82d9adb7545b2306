import { isPromise } from 'node:util/types';
import type { Random } from '../../crypto/index.ts';
import {
  type Awaitable,
  type Clock,
  inspectCredential,
  mintCredential,
  randomBase62,
  StrongroomError,
} from '../../lib/index.ts';
import { type Change, isGuardFailure, type Key, type Row, type Store } from '../../store/index.ts';
import { type Seal, SealedTable } from '../seal/index.ts';
import { batchPrefix, decodeBatchToken, encodeBatchToken, type TokenTable } from './batch-token.ts';
import type { TokenBody, TokenRecord } from './token-record.ts';

export const servicePrefix = 'srs.';
/** Root tokens have the shape Vault's have: clients compute the length of one-time pads from it. */
const rootPrefix = 'hvs.';
const rootRandomLength = 24;
const accessorLength = 24;
const maxTokenLength = 8_192;
/** How many generations a token tree may have: each use of a token looks at all those above it. */
const maxGenerations = 100;
const maxAttempts = 20;

export interface NewToken {
  readonly type: 'service' | 'batch';
  readonly namespace: string;
  /** The parent's id, or null for an orphan. */
  readonly parent: string | null;
  readonly entityId: string;
  readonly mount: string | null;
  readonly expireMillis: number | null;
  readonly body: Omit<TokenBody, 'accessor'>;
  /** A text chosen by the caller instead of a random one. */
  readonly customText?: string;
}

export interface MintedToken {
  /** Shown once. */
  readonly text: string;
  readonly record: TokenRecord;
  /** To be committed, with whatever else belongs to the same write. */
  readonly changes: readonly Change[];
}

/** Live tokens. Authority is read from the store at each use; nothing is cached here but opened bodies. */
export class TokenStore {
  readonly #store: Store;
  readonly #seal: Seal;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #table: TokenTable;
  /** Records by the row they came from: a store that remembers rows gives the same frozen one again. */
  #records = new WeakMap<Row<'tokens'>, TokenRecord>();
  /**
   * Used up here and refused from then on; their rows go with the next sweep. Those of a process that ended before it go
   * when they expire.
   */
  readonly #spent: Key<'tokens'>[] = [];

  constructor(parts: { store: Store; seal: Seal; clock: Clock; random: Random }) {
    this.#store = parts.store;
    this.#seal = parts.seal;
    this.#clock = parts.clock;
    this.#random = parts.random;
    this.#table = new SealedTable('tokens', () => parts.seal.sealer);
    parts.seal.whenSealed(() => {
      this.#table.forget();
      this.#records = new WeakMap();
    });
  }

  /** Makes a token and the changes that store it. A child's changes hold only while its parent lives. */
  mint(token: NewToken): MintedToken {
    const random = (size: number): Buffer => this.#random.bytes(size);
    if (token.type === 'batch') return this.#mintBatch(token);
    const isRoot = token.body.policies.includes('root');
    const text =
      token.customText ??
      (isRoot ? rootPrefix + randomBase62(rootRandomLength, random) : mintCredential(servicePrefix, random));
    const { sealer } = this.#seal;
    const body: TokenBody = { ...token.body, accessor: randomBase62(accessorLength, random) };
    const clear = {
      namespace: token.namespace,
      id: sealer.hashCredential(text),
      accessor_index: sealer.index('accessor', body.accessor),
      parent: token.parent,
      entity_id: token.entityId === '' ? null : token.entityId,
      mount: token.mount,
      created_millis: body.issuedMillis,
      expire_millis: token.expireMillis,
    };
    const uses = body.usesAtIssue > 0 ? body.usesAtIssue : null;
    const insert = this.#table.insert(clear, { uses_left: uses }, body);
    const record = { ...token, id: clear.id, usesLeft: uses, body, row: undefined };
    return { text, record, changes: [...this.#parentCheck(token), insert] };
  }

  #mintBatch(token: NewToken): MintedToken {
    // Nothing is stored that uses could be taken off, whoever set the limit.
    if (token.body.usesAtIssue > 0) {
      throw new StrongroomError('invalid_request', 'batch tokens cannot have "num_uses" set', {
        hint: "use a service token, or take the limit of uses off the role or user; a mount's token_type may force batch",
      });
    }
    const body: TokenBody = { ...token.body, accessor: '' };
    const text = encodeBatchToken(this.#seal.sealer, { ...token, body });
    if (text.length > maxTokenLength) {
      throw new StrongroomError('invalid_request', 'the batch token is too long to be presented', {
        hint: 'use a service token, or less metadata and fewer policies',
      });
    }
    const record = { ...token, id: this.#seal.sealer.hashCredential(text), usesLeft: null, body, row: undefined };
    return { text, record, changes: this.#parentCheck(token) };
  }

  #parentCheck(token: NewToken): Change[] {
    if (token.parent === null) return [];
    const key = { namespace: token.namespace, id: token.parent };
    return [{ kind: 'check', table: 'tokens', key, notExpiredAtMillis: this.#clock.nowMillis() }];
  }

  /** The live token behind a text, or undefined when it is unknown, expired, used up, revoked or not ours. */
  find(namespace: string, text: string): Awaitable<TokenRecord | undefined> {
    if (text.length === 0 || text.length > maxTokenLength) return undefined;
    if (text.startsWith(batchPrefix)) return this.#findBatch(namespace, text);
    if (text.startsWith(servicePrefix) && inspectCredential(text, servicePrefix) !== 'well_formed') return undefined;
    return this.findById(namespace, this.#seal.sealer.hashCredential(text));
  }

  async #findBatch(namespace: string, text: string): Promise<TokenRecord | undefined> {
    const token = decodeBatchToken(this.#seal.sealer, text);
    if (!token || token.namespace !== namespace) return undefined;
    if (token.expireMillis !== null && token.expireMillis <= this.#clock.nowMillis()) return undefined;
    if (token.parent !== null && !(await this.findById(namespace, token.parent))) return undefined;
    return token;
  }

  findById(namespace: string, id: string): Awaitable<TokenRecord | undefined> {
    const row = this.#store.read('tokens', { namespace, id });
    return isPromise(row) ? row.then((found) => this.#judge(found)) : this.#judge(row);
  }

  async findByAccessor(namespace: string, accessor: string): Promise<TokenRecord | undefined> {
    if (!/^[0-9A-Za-z]{8,64}$/.test(accessor)) return undefined;
    const where = { namespace, accessor_index: this.#seal.sealer.index('accessor', accessor) };
    const [row] = await this.#store.list('tokens', { where, limit: 1 });
    return this.#judge(row);
  }

  /** A token dies with those above it, whether or not somebody has taken its row away since. */
  #judge(row: Row<'tokens'> | undefined): Awaitable<TokenRecord | undefined> {
    const token = this.#openLive(row);
    if (!token || token.parent === null) return token;
    const generation = this.#generation(token.namespace, token.parent, 1);
    if (isPromise(generation)) return generation.then((found) => (found === undefined ? undefined : token));
    return generation === undefined ? undefined : token;
  }

  /** How many are above, `above` of them seen already; undefined when one of them is gone or over, or too many are. */
  #generation(namespace: string, parent: string, above: number): Awaitable<number | undefined> {
    let generation = above;
    for (let id: string | null = parent; id !== null; generation += 1) {
      if (generation > maxGenerations) return undefined;
      const row: Awaitable<Row<'tokens'> | undefined> = this.#store.read('tokens', { namespace, id });
      if (isPromise(row)) return this.#generationAfter(row, generation);
      const token = this.#openLive(row);
      if (!token) return undefined;
      id = token.parent;
    }
    return generation - 1;
  }

  async #generationAfter(reading: Promise<Row<'tokens'> | undefined>, above: number): Promise<number | undefined> {
    const token = this.#openLive(await reading);
    if (!token || token.parent === null) return token && above;
    return this.#generation(token.namespace, token.parent, above + 1);
  }

  /** Refuses a child that would be of a generation too many. */
  async requireRoomBelow(parent: TokenRecord): Promise<void> {
    const generation = parent.parent === null ? 0 : await this.#generation(parent.namespace, parent.parent, 1);
    if (generation !== undefined && generation < maxGenerations) return;
    throw new StrongroomError('invalid_request', 'the token tree is too deep', {
      hint: `at most ${maxGenerations} generations: create the token further up, or without a parent`,
    });
  }

  #openLive(row: Row<'tokens'> | undefined): TokenRecord | undefined {
    if (!row) return undefined;
    if (row.expire_millis !== null && row.expire_millis <= this.#clock.nowMillis()) return undefined;
    if (row.uses_left !== null && row.uses_left <= 0) return undefined;
    return this.#open(row);
  }

  #open(row: Row<'tokens'>): TokenRecord {
    // Opened each time: the keys may be gone since.
    const body = this.#table.open(row);
    const known = this.#records.get(row);
    if (known?.body === body) return known;
    const record: TokenRecord = {
      id: row.id,
      namespace: row.namespace,
      type: 'service',
      parent: row.parent,
      entityId: row.entity_id ?? '',
      mount: row.mount,
      expireMillis: row.expire_millis,
      usesLeft: row.uses_left,
      body,
      row,
    };
    if (Object.isFrozen(row)) this.#records.set(row, record);
    return record;
  }

  /**
   * Takes one use off a limited token, durably, before anything is done with it. Answers what is left, or undefined
   * when there was nothing left: then the token is as good as unknown.
   */
  async takeUse(token: TokenRecord): Promise<number | undefined> {
    const key = { namespace: token.namespace, id: token.id };
    try {
      const [left] = await this.#store.commit([
        { kind: 'decrement', table: 'tokens', key, column: 'uses_left', by: 1 },
      ]);
      if (left === 0) this.#spent.push(key);
      return left;
    } catch (error) {
      if (error instanceof StrongroomError && error.code === 'version_mismatch') return undefined;
      throw error;
    }
  }

  /** Takes away tokens whose last use is over, with what hangs on them. */
  async removeSpent(): Promise<void> {
    for (let key = this.#spent.at(-1); key !== undefined; key = this.#spent.at(-1)) {
      await this.#deleteTrees(key.namespace, { id: key.id });
      this.#spent.splice(this.#spent.lastIndexOf(key), 1);
    }
  }

  /** The change that moves a token's end. It fails when the token changed or went meanwhile. */
  renew(token: TokenRecord, expireMillis: number, nowMillis: number): Change {
    if (!token.row) throw new RangeError('a batch token is not renewed');
    return this.#table.update(
      token.row,
      { expire_millis: expireMillis },
      { ...token.body, lastRenewedMillis: nowMillis },
    );
  }

  /** Revokes a token with all below it. Dead when this resolves; answers how many there were. */
  async revokeTree(namespace: string, id: string): Promise<number> {
    return this.#deleteTrees(namespace, { id });
  }

  /** Revokes every token that came through an auth mount, with all below. */
  async revokeByMount(namespace: string, mountAccessor: string): Promise<number> {
    return this.#deleteTrees(namespace, { mount: mountAccessor });
  }

  /** The change that revokes every token of an entity, or those it got through one auth mount, with all below. */
  endOfEntity(namespace: string, entityId: string, mountAccessor?: string): Change {
    const where = { entity_id: entityId, ...(mountAccessor !== undefined && { mount: mountAccessor }) };
    return { kind: 'deleteTokenTree', namespace, where, atMillis: this.#clock.nowMillis() };
  }

  async #deleteTrees(namespace: string, where: { id?: string; mount?: string }): Promise<number> {
    const atMillis = this.#clock.nowMillis();
    const [count] = await this.#store.commit([{ kind: 'deleteTokenTree', namespace, where, atMillis }]);
    return count ?? 0;
  }

  /** Revokes one token alone: its children become orphans. */
  async revokeOrphaning(token: TokenRecord): Promise<void> {
    const { namespace, id } = token;
    const page = 500;
    for (let failed = 0; ; ) {
      const children = await this.#store.list('tokens', { where: { namespace, parent: id }, limit: page });
      if (children.length === 0) break;
      try {
        await this.#store.commit(
          children.map((row) => this.#table.update(row, { parent: null }, this.#table.open(row))),
        );
        // What the token makes from here on is revoked with it.
        if (children.length < page) break;
      } catch (error) {
        // A child was renewed or revoked meanwhile: look again.
        failed += 1;
        if (!isGuardFailure(error) || failed >= maxAttempts) throw error;
      }
    }
    await this.revokeTree(namespace, id);
  }

  /** Live tokens in the order of their ids, for lists; a page may be short, but an empty one is the end. */
  async page(
    namespace: string,
    query: { where?: Partial<Row<'tokens'>>; after?: string; limit: number },
  ): Promise<TokenRecord[]> {
    for (let { after } = query; ; ) {
      const rows = await this.#store.list('tokens', {
        where: { ...query.where, namespace },
        ...(after && { after: { value: after, id: after } }),
        limit: query.limit,
      });
      const judged = await Promise.all(rows.map((row) => this.#judge(row)));
      const live = judged.filter((token) => token !== undefined);
      if (live.length > 0 || rows.length < query.limit) return live;
      after = rows.at(-1)?.id;
    }
  }
}
