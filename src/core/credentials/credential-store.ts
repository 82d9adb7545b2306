import type { Random } from '../../crypto/index.ts';
import { type Clock, mintCredential, StrongroomError, visibleStart } from '../../lib/index.ts';
import { type Change, type ClearColumns, isGuardFailure, type Row, type Store } from '../../store/index.ts';
import { type Seal, SealedTable } from '../seal/index.ts';
import type { Credential, CredentialBody, CredentialSort, StoredState } from './credential.ts';
import { isCredentialId, newCredentialId } from './credential-id.ts';
import { LastUses } from './last-uses.ts';

export interface NewCredential {
  readonly namespace: string;
  readonly kind: CredentialSort;
  /** Id of the mount it is made at. */
  readonly mount: string;
  readonly space: string;
  /** What its text begins with, up to the body: `sr_live_`, `pat_`. */
  readonly prefix: string;
  readonly entityId: string | null;
  readonly expireMillis: number | null;
  readonly creditsLeft: number | null;
  /** Present when it takes the place of another: then it is of that one's family. */
  readonly family?: string;
  readonly body: CredentialBody;
}

export interface MintedCredential {
  /** Shown once. */
  readonly text: string;
  readonly credential: Credential;
  /** To be committed, with whatever else belongs to the same write. */
  readonly change: Change;
}

/** A change of a stored credential: what is left out stays. */
export interface CredentialChange {
  readonly body?: CredentialBody;
  readonly state?: StoredState;
  readonly expireMillis?: number | null;
  readonly entityId?: string | null;
}

const maxAttempts = 20;
const maxIds = 8_192;

/**
 * API keys and personal access tokens. Nothing usable is stored: of the credential itself only its keyed hash. The
 * store is asked at each use; a body is opened once a version of its row.
 */
export class CredentialStore {
  readonly store: Store;
  readonly lastUses: LastUses;
  readonly #seal: Seal;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #table: SealedTable<'credentials', CredentialBody>;
  /** Ids by the keyed hashes of credentials seen lately. What is found by them is looked at: a hint, not a cache. */
  readonly #ids = new Map<string, string>();

  constructor(parts: { store: Store; seal: Seal; clock: Clock; random: Random }) {
    this.store = parts.store;
    this.#seal = parts.seal;
    this.#clock = parts.clock;
    this.#random = parts.random;
    this.#table = new SealedTable('credentials', () => parts.seal.sealer);
    this.lastUses = new LastUses(parts.store);
    parts.seal.whenSealed(() => this.#table.forget());
  }

  /** Makes a credential and the change that stores it. */
  mint(draft: NewCredential): MintedCredential {
    const nowMillis = this.#clock.nowMillis();
    const text = mintCredential(draft.prefix, (size) => this.#random.bytes(size));
    const id = newCredentialId(this.#random, nowMillis);
    const clear: ClearColumns<'credentials'> = {
      namespace: draft.namespace,
      id,
      kind: draft.kind,
      mount: draft.mount,
      space: draft.space,
      lookup: this.#seal.sealer.hashCredential(text),
      state: 'active',
      start: visibleStart(text, draft.prefix),
      family: draft.family ?? id,
      entity_id: draft.entityId,
      ...this.#indexes(draft.body),
      created_millis: nowMillis,
      expire_millis: draft.expireMillis,
    };
    const counters = {
      credits_left: draft.creditsLeft,
      refilled_millis: draft.creditsLeft === null ? null : nowMillis,
      use_count: 0,
      last_used_millis: null,
      last_used_address: null,
      last_used_agent: null,
    };
    const change = this.#table.insert(clear, counters, draft.body);
    const row = { ...clear, ...counters, version: 1, sealed: Buffer.alloc(0) };
    return { text, credential: { row, body: draft.body }, change };
  }

  #indexes(body: CredentialBody): Pick<ClearColumns<'credentials'>, 'owner_index' | 'external_index' | 'name_index'> {
    return {
      owner_index: this.index('owner', body.owner),
      external_index: this.index('external', body.apiKey?.externalId ?? ''),
      name_index: this.index('name', body.name),
    };
  }

  /** The blind index under which a value is found; null for the empty text, which is not indexed. */
  index(what: 'owner' | 'external' | 'name', text: string): string | null {
    return text === '' ? null : this.#seal.sealer.index(`credential-${what}`, text);
  }

  /** The credential behind a text, whatever its state. One read; the caller has looked at its shape. */
  async findByText(namespace: string, kind: CredentialSort, text: string): Promise<Credential | undefined> {
    const lookup = this.#seal.sealer.hashCredential(text);
    const id = this.#ids.get(lookup);
    const hinted = id === undefined ? undefined : await this.store.read('credentials', { namespace, id });
    const row = hinted?.lookup === lookup ? hinted : await this.#findByLookup(namespace, lookup);
    return row && row.kind === kind ? { row, body: this.#table.open(row) } : undefined;
  }

  async #findByLookup(namespace: string, lookup: string): Promise<Row<'credentials'> | undefined> {
    const [row] = await this.store.list('credentials', { where: { namespace, lookup }, limit: 1 });
    if (row === undefined) return undefined;
    if (this.#ids.size >= maxIds) this.#ids.clear();
    this.#ids.set(lookup, row.id);
    return row;
  }

  /** A credential of one mount; one of another mount is as if it did not exist. */
  async find(
    place: { namespace: string; mount: string; kind: CredentialSort },
    id: string,
  ): Promise<Credential | undefined> {
    if (!isCredentialId(id)) return undefined;
    const row = await this.store.read('credentials', { namespace: place.namespace, id });
    if (!row || row.mount !== place.mount || row.kind !== place.kind) return undefined;
    return { row, body: this.#table.open(row) };
  }

  open(row: Row<'credentials'>): Credential {
    return { row, body: this.#table.open(row) };
  }

  /** The change that writes a credential anew; it fails when it was changed since it was read. */
  change(credential: Credential, next: CredentialChange): Change {
    const body = next.body ?? credential.body;
    const clear = {
      ...(next.state !== undefined && { state: next.state }),
      ...(next.expireMillis !== undefined && { expire_millis: next.expireMillis }),
      ...(next.entityId !== undefined && { entity_id: next.entityId }),
      ...this.#indexes(body),
    };
    return this.#table.update(credential.row, clear, body);
  }

  /** Holds while a credential is as it was read and not expired. */
  unchanged(credential: Credential, nowMillis: number): Change {
    const { namespace, id, version } = credential.row;
    const key = { namespace, id };
    return { kind: 'check', table: 'credentials', key, ifVersion: version, notExpiredAtMillis: nowMillis };
  }

  /** The change that ends a credential for good. */
  revocation(credential: Credential, reason: string): Change {
    return this.change(credential, { state: 'revoked', body: { ...credential.body, reason } });
  }

  /** The credential that takes the place of another, and the changes that store both, guarded by the older one. */
  rotate(
    previous: Credential,
    next: { readonly minted: NewCredential; readonly overlapEndMillis: number },
  ): MintedCredential & { readonly changes: readonly Change[] } {
    const { row } = previous;
    const credits = row.credits_left;
    const minted = this.mint({
      ...next.minted,
      family: row.family,
      creditsLeft: credits,
      body: { ...next.minted.body, rotatedFrom: row.id, rotatedTo: null, overlapEndMillis: null },
    });
    const retired: CredentialBody = {
      ...previous.body,
      rotatedTo: minted.credential.row.id,
      overlapEndMillis: next.overlapEndMillis,
    };
    const key = { namespace: row.namespace, id: row.id };
    const newKey = { namespace: row.namespace, id: minted.credential.row.id };
    const changes: Change[] = [this.change(previous, { state: 'rotated', body: retired }), minted.change];
    if (credits !== null) {
      // The credits move: both keys together never have more than the one had.
      changes.push({ kind: 'decrement', table: 'credentials', key, column: 'credits_left', by: credits });
      const set = { refilled_millis: row.refilled_millis };
      changes.push({ kind: 'touch', table: 'credentials', key: newKey, set });
    }
    return { ...minted, changes };
  }

  /**
   * Reads a credential, lets `decide` say what is to be written, and writes that; from the start again when somebody
   * else changed it in between. `decide` answers nothing to leave it as it is. Answers undefined when there is none.
   */
  async modify(
    place: { namespace: string; mount: string; kind: CredentialSort },
    id: string,
    decide: (credential: Credential) => Promise<readonly Change[]> | readonly Change[],
  ): Promise<Credential | undefined> {
    for (let attempt = 1; ; attempt += 1) {
      const credential = await this.find(place, id);
      if (!credential) return undefined;
      const changes = await decide(credential);
      if (changes.length === 0) return credential;
      try {
        await this.store.commit(changes);
        return credential;
      } catch (error) {
        if (!isGuardFailure(error) || attempt >= maxAttempts) throw error;
      }
    }
  }
}

/** What a missing or foreign credential answers: they look the same. */
export function credentialNotFound(what: string): StrongroomError {
  return new StrongroomError('not_found', '', { hint: `there is no such ${what} at this mount` });
}
