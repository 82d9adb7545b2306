import { type Awaitable, type Clock, StrongroomError } from '../../lib/index.ts';
import { type Change, isGuardFailure, type Row, type Store } from '../../store/index.ts';
import type { Alias, Entity } from '../identity/index.ts';
import {
  type Acl,
  compileAcl,
  defaultPolicyText,
  type ParsedPolicy,
  parsePolicy,
  rootAcl,
  type TemplateIdentity,
} from '../policies/index.ts';
import { type Seal, SealedTable } from '../seal/index.ts';

interface PolicyBody {
  readonly text: string;
  readonly modifiedMillis: number;
  readonly casRequired: boolean;
}

export interface StoredPolicy extends PolicyBody {
  readonly name: string;
  readonly version: number;
}

/** Whose data a policy's templates may name. */
export interface PolicySubject {
  readonly entity: Entity;
  readonly aliases: readonly Alias[];
}

const maxCompiled = 2_000;
const maxPolicyBytes = 1_048_576;

/**
 * Policies by name, parsed once a version, compiled once a combination. Every write passes through here, so the compiled
 * ones are dropped in the same turn in which the write is durable.
 */
export class PolicyStore {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #table: SealedTable<'policies', PolicyBody>;
  readonly #parsed = new Map<string, ParsedPolicy | undefined>();
  readonly #compiled = new Map<string, Acl>();
  /** Counts the times everything was forgotten: what was read before must not be remembered after. */
  #generation = 0;

  constructor(parts: { store: Store; seal: Seal; clock: Clock }) {
    this.#store = parts.store;
    this.#clock = parts.clock;
    this.#table = new SealedTable('policies', () => parts.seal.sealer);
    parts.seal.whenSealed(() => {
      this.#table.forget();
      this.#forget();
    });
  }

  #forget(): void {
    this.#generation += 1;
    this.#parsed.clear();
    this.#compiled.clear();
  }

  /** What a new server starts with. */
  defaultPolicy(): Change {
    const body = { text: defaultPolicyText, modifiedMillis: this.#clock.nowMillis(), casRequired: false };
    return this.#table.insert({ namespace: 'root', id: 'default', kind: 'acl' }, {}, body);
  }

  async read(namespace: string, name: string): Promise<StoredPolicy | undefined> {
    if (name === 'root') return { name, text: '', version: 1, modifiedMillis: 0, casRequired: false };
    const row = await this.#store.read('policies', { namespace, id: name });
    return row && { ...this.#table.open(row), name, version: row.version };
  }

  async names(namespace: string): Promise<string[]> {
    const rows = await this.#store.list('policies', { where: { namespace }, limit: 10_000 });
    return rows.map((row) => row.id);
  }

  async exists(namespace: string, name: string): Promise<boolean> {
    return name === 'root' || (await this.#store.read('policies', { namespace, id: name })) !== undefined;
  }

  /** Stores a policy after parsing it: what does not parse is refused and nothing changes. `cas` is the version expected. */
  async write(namespace: string, name: string, text: string, cas?: number): Promise<void> {
    if (name === 'root') throw new StrongroomError('invalid_request', 'cannot update "root" policy');
    if (Buffer.byteLength(text) > maxPolicyBytes) throw new StrongroomError('invalid_request', 'policy is too large');
    parsePolicy(text);
    const body = { text, modifiedMillis: this.#clock.nowMillis(), casRequired: false };
    for (let attempt = 1; ; attempt += 1) {
      const row = await this.#store.read('policies', { namespace, id: name });
      if (cas !== undefined && cas !== (row?.version ?? 0)) throw casMismatch();
      try {
        await this.#commit(this.#change(namespace, name, row, body));
        return;
      } catch (error) {
        if (!isGuardFailure(error) || cas !== undefined || attempt >= 20) throw error;
      }
    }
  }

  #change(namespace: string, id: string, row: Row<'policies'> | undefined, body: PolicyBody): Change {
    return row ? this.#table.update(row, {}, body) : this.#table.insert({ namespace, id, kind: 'acl' }, {}, body);
  }

  async remove(namespace: string, name: string): Promise<void> {
    if (name === 'root' || name === 'default') {
      throw new StrongroomError('invalid_request', `cannot delete "${name}" policy`);
    }
    await this.#commit({ kind: 'delete', table: 'policies', key: { namespace, id: name } });
  }

  async #commit(change: Change): Promise<void> {
    try {
      await this.#store.commit([change]);
    } finally {
      this.#forget();
    }
  }

  /**
   * The rights that policies give together. A name without a policy gives nothing; a policy that does not
   * open refuses every request it has a part in.
   */
  aclFor(namespace: string, names: readonly string[], subject?: PolicySubject): Awaitable<Acl> {
    if (names.length === 1 && names[0] === 'root') return rootAcl();
    const aliases = subject?.aliases.map((alias) => `${alias.id}@${alias.version}`).join();
    const identity = subject ? `${subject.entity.id}@${subject.entity.version}/${aliases}` : '';
    const key = `${namespace}|${names.join('|')}||${identity}`;
    return this.#compiled.get(key) ?? this.#compile(namespace, names, subject, key);
  }

  async #compile(
    namespace: string,
    names: readonly string[],
    subject: PolicySubject | undefined,
    key: string,
  ): Promise<Acl> {
    const generation = this.#generation;
    const policies: { name: string; policy: ParsedPolicy }[] = [];
    for (const name of names) {
      const policy = await this.#parse(namespace, name);
      if (policy) policies.push({ name, policy });
    }
    const acl = compileAcl(policies, { identity: subject && templateIdentity(subject), clock: this.#clock });
    if (generation !== this.#generation) return acl;
    if (this.#compiled.size >= maxCompiled) this.#compiled.clear();
    this.#compiled.set(key, acl);
    return acl;
  }

  async #parse(namespace: string, name: string): Promise<ParsedPolicy | undefined> {
    const key = `${namespace}|${name}`;
    if (this.#parsed.has(key)) return this.#parsed.get(key);
    const generation = this.#generation;
    const row = await this.#store.read('policies', { namespace, id: name });
    const parsed = row && parsePolicy(this.#table.open(row).text);
    if (generation !== this.#generation) return parsed;
    if (this.#parsed.size >= maxCompiled) this.#parsed.clear();
    this.#parsed.set(key, parsed);
    return parsed;
  }
}

function templateIdentity({ entity, aliases }: PolicySubject): TemplateIdentity {
  return {
    entity: {
      id: entity.id,
      name: entity.name,
      metadata: entity.metadata,
      aliases: aliases.map((alias) => ({
        id: alias.id,
        mountAccessor: alias.mount,
        name: alias.name,
        metadata: alias.metadata,
        customMetadata: alias.customMetadata,
      })),
    },
    groups: [],
  };
}

const casMismatch = (): StrongroomError =>
  new StrongroomError('invalid_request', 'check-and-set parameter did not match the current version');
