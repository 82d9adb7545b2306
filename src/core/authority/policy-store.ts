import { type Awaitable, type Clock, StrongroomError } from '../../lib/index.ts';
import { type Change, isGuardFailure, type Row, type Store } from '../../store/index.ts';
import type { Alias, Entity } from '../identity/index.ts';
import {
  type Acl,
  compileAcl,
  defaultPolicyText,
  type ParsedPolicy,
  type PolicyOptions,
  parsePolicy,
  rootAcl,
  type TemplateIdentity,
} from '../policies/index.ts';
import { type Seal, SealedTable } from '../seal/index.ts';

interface PolicyBody {
  readonly text: string;
  readonly modifiedMillis: number;
  readonly casRequired: boolean;
  /** From this time on the policy is as if it had been deleted; absent: never. */
  readonly expireMillis?: number;
  readonly allowSlashesInIdentityTemplates?: boolean;
  readonly allowWildcardsInIdentityTemplates?: boolean;
}

export interface StoredPolicy extends PolicyBody {
  readonly name: string;
  readonly version: number;
}

/** How a policy is stored; what is absent is off. */
export interface PolicySettings extends PolicyOptions {
  /** The version the writer has seen, 0 or -1 for none: another one refuses the write. */
  readonly cas?: number | undefined;
  /** Every later write must name the version it replaces. */
  readonly casRequired?: boolean | undefined;
  readonly expireMillis?: number | undefined;
}

/** Whose data a policy's templates may name. */
export interface PolicySubject {
  readonly entity: Entity;
  readonly aliases: readonly Alias[];
}

const maxCompiled = 2_000;
const pageSize = 1_000;
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
    const body = row && this.#table.open(row);
    return row && body && !this.#isOver(body) ? { ...body, name, version: row.version } : undefined;
  }

  #isOver({ expireMillis }: PolicyBody): boolean {
    return expireMillis !== undefined && expireMillis <= this.#clock.nowMillis();
  }

  async names(namespace: string): Promise<string[]> {
    const names: string[] = [];
    for (let after = ''; ; ) {
      const rows = await this.#store.list('policies', {
        where: { namespace },
        after: { value: after, id: after },
        limit: pageSize,
      });
      for (const row of rows) if (!this.#isOver(this.#table.open(row))) names.push(row.id);
      const last = rows.at(-1);
      if (!last || rows.length < pageSize) return names;
      after = last.id;
    }
  }

  async exists(namespace: string, name: string): Promise<boolean> {
    return (await this.read(namespace, name)) !== undefined;
  }

  /** Stores a policy after parsing it: what does not parse is refused and nothing changes. */
  async write(namespace: string, name: string, text: string, settings: PolicySettings = {}): Promise<void> {
    if (name === 'root')
      throw new StrongroomError('invalid_request', 'cannot update "root" policy', {
        hint: 'it allows everything, always; write a policy of another name',
      });
    if (Buffer.byteLength(text) > maxPolicyBytes)
      throw new StrongroomError('invalid_request', 'policy is too large', {
        hint: `at most ${maxPolicyBytes} bytes; split it into several`,
      });
    parsePolicy(text);
    const { cas, casRequired, expireMillis } = settings;
    const body: PolicyBody = {
      text,
      modifiedMillis: this.#clock.nowMillis(),
      casRequired: casRequired ?? false,
      ...(expireMillis !== undefined && { expireMillis }),
      ...(settings.allowSlashesInIdentityTemplates && { allowSlashesInIdentityTemplates: true }),
      ...(settings.allowWildcardsInIdentityTemplates && { allowWildcardsInIdentityTemplates: true }),
    };
    for (let attempt = 1; ; attempt += 1) {
      const row = await this.#store.read('policies', { namespace, id: name });
      const previous = row && this.#table.open(row);
      const isThere = previous !== undefined && !this.#isOver(previous);
      if (cas !== undefined && Math.max(cas, 0) !== (isThere ? row?.version : 0)) throw casMismatch();
      if (cas === undefined && isThere && previous.casRequired) throw casMissing();
      // A policy that demands check-and-set goes on doing so until a write says otherwise.
      const next = casRequired === undefined && isThere ? { ...body, casRequired: previous.casRequired } : body;
      try {
        await this.#commit(this.#change(namespace, name, row, next));
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
      throw new StrongroomError('invalid_request', `cannot delete "${name}" policy`, {
        hint: 'tokens are made with it; "default" may be written anew',
      });
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
    const key = `${namespace}|${names.join('|')}||${identityKey(subject)}`;
    return this.#compiled.get(key) ?? this.#compile(namespace, names, subject, key);
  }

  /** The rights of a policy that is not stored under a name; `name` stands for it in what grants a request. */
  aclForText(name: string, text: string, subject?: PolicySubject): Acl {
    // No list of names begins with a NUL: the keys of both kinds never meet.
    const key = `\0${name}\0${text}\0${identityKey(subject)}`;
    const known = this.#compiled.get(key);
    if (known) return known;
    const context = { identity: subject && templateIdentity(subject), clock: this.#clock };
    const acl = compileAcl([{ name, policy: parsePolicy(text) }], context);
    this.#remember(key, acl);
    return acl;
  }

  #remember(key: string, acl: Acl): void {
    if (this.#compiled.size >= maxCompiled) this.#compiled.clear();
    this.#compiled.set(key, acl);
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
    if (generation === this.#generation) this.#remember(key, acl);
    return acl;
  }

  async #parse(namespace: string, name: string): Promise<ParsedPolicy | undefined> {
    const key = `${namespace}|${name}`;
    if (this.#parsed.has(key)) return this.#parsed.get(key);
    const generation = this.#generation;
    const row = await this.#store.read('policies', { namespace, id: name });
    const parsed = row && this.#parseBody(this.#table.open(row));
    if (generation !== this.#generation) return parsed;
    if (this.#parsed.size >= maxCompiled) this.#parsed.clear();
    this.#parsed.set(key, parsed);
    return parsed;
  }

  /** The end of a policy is the end of each of its rules: compiled rights look at the clock for those already. */
  #parseBody(body: PolicyBody): ParsedPolicy {
    const policy = parsePolicy(body.text, body);
    return body.expireMillis === undefined ? policy : endRules(policy, body.expireMillis);
  }
}

function endRules(policy: ParsedPolicy, expireMillis: number): ParsedPolicy {
  const rules = policy.rules.map((rule) => ({
    ...rule,
    expireMillis: Math.min(expireMillis, rule.expireMillis ?? expireMillis),
  }));
  return { ...policy, rules };
}

/** Changes with everything of an identity that templates may name. */
function identityKey(subject: PolicySubject | undefined): string {
  if (!subject) return '';
  const aliases = subject.aliases.map((alias) => `${alias.id}@${alias.version}`).join();
  return `${subject.entity.id}@${subject.entity.version}/${aliases}`;
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
  new StrongroomError('invalid_request', 'check-and-set parameter did not match the current version', {
    hint: 'somebody else changed it: read it again',
  });

const casMissing = (): StrongroomError =>
  new StrongroomError('invalid_request', 'check-and-set parameter required for this call', {
    hint: 'send the version you have read as "cas"',
  });
