import { newUuid, type Random } from '../../crypto/index.ts';
import { type Clock, StrongroomError } from '../../lib/index.ts';
import { type Change, isGuardFailure, type Row, type Store } from '../../store/index.ts';
import { type Seal, SealedTable } from '../seal/index.ts';
import type { Alias, Entity } from './entity.ts';

interface EntityBody {
  readonly name: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly policies: readonly string[];
  readonly updatedMillis: number;
}

interface AliasBody {
  readonly name: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly customMetadata: Readonly<Record<string, string>>;
  readonly createdMillis: number;
  readonly updatedMillis: number;
}

/** The alias name by which a login is known; canonical, so that no spelling makes a second identity. */
export interface LoginName {
  readonly namespace: string;
  readonly mount: string;
  readonly name: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** One spelling a name: Unicode NFKC, lower case, blanks at the ends removed. */
export function canonicalName(name: string): string {
  return name.normalize('NFKC').trim().toLowerCase();
}

/** Entities and their aliases, read from the store at each use. */
export class IdentityStore {
  readonly #store: Store;
  readonly #seal: Seal;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #entities: SealedTable<'entities', EntityBody>;
  readonly #aliases: SealedTable<'aliases', AliasBody>;

  constructor(parts: { store: Store; seal: Seal; clock: Clock; random: Random }) {
    this.#store = parts.store;
    this.#seal = parts.seal;
    this.#clock = parts.clock;
    this.#random = parts.random;
    this.#entities = new SealedTable('entities', () => parts.seal.sealer);
    this.#aliases = new SealedTable('aliases', () => parts.seal.sealer);
    parts.seal.whenSealed(() => {
      this.#entities.forget();
      this.#aliases.forget();
    });
  }

  async findEntity(namespace: string, id: string): Promise<Entity | undefined> {
    const row = await this.#store.read('entities', { namespace, id });
    return row && this.#openEntity(row);
  }

  async findEntityByName(namespace: string, name: string): Promise<Entity | undefined> {
    const where = { namespace, name_index: this.#nameIndex(name) };
    const [row] = await this.#store.list('entities', { where, limit: 1 });
    return row && this.#openEntity(row);
  }

  async listEntities(namespace: string, after: string, limit: number): Promise<Entity[]> {
    const rows = await this.#store.list('entities', {
      where: { namespace },
      after: { value: after, id: after },
      limit,
    });
    return rows.map((row) => this.#openEntity(row));
  }

  async findAlias(namespace: string, id: string): Promise<Alias | undefined> {
    const row = await this.#store.read('aliases', { namespace, id });
    return row && this.#openAlias(row);
  }

  async findAliasByName(login: LoginName): Promise<Alias | undefined> {
    const where = { namespace: login.namespace, mount: login.mount, name_index: this.#aliasIndex(login.name) };
    const [row] = await this.#store.list('aliases', { where, limit: 1 });
    return row && this.#openAlias(row);
  }

  async listAliases(namespace: string, where: { entityId?: string; mount?: string } = {}): Promise<Alias[]> {
    const rows = await this.#store.list('aliases', {
      where: {
        namespace,
        ...(where.entityId !== undefined && { entity_id: where.entityId }),
        ...(where.mount !== undefined && { mount: where.mount }),
      },
      limit: 10_000,
    });
    return rows.map((row) => this.#openAlias(row));
  }

  /**
   * The entity that logs in under a name, made with its alias when the name is new. `changes` must be committed with the
   * token: they hold only while alias and entity are there, so that whoever deletes them misses no log-in under way. A
   * disabled entity is answered as such; the caller refuses.
   */
  async resolveLogin(login: LoginName): Promise<{ entity: Entity; changes: readonly Change[] }> {
    const alias = await this.findAliasByName(login);
    if (alias) {
      const entity = await this.findEntity(login.namespace, alias.entityId);
      if (entity) {
        const { namespace } = login;
        const stays: Change[] = [
          { kind: 'check', table: 'aliases', key: { namespace, id: alias.id } },
          { kind: 'check', table: 'entities', key: { namespace, id: entity.id } },
        ];
        return { entity, changes: stays };
      }
      throw new StrongroomError('permission_denied', 'permission denied', {
        hint: 'the identity of this login is damaged; the server log has the reason',
        cause: 'alias without entity',
      });
    }
    const id = newUuid(this.#random);
    const created = this.draftEntity({ namespace: login.namespace, id, name: `entity_${id.slice(0, 8)}` });
    const draft = this.draftAlias({ ...login, entityId: id });
    return { entity: created.entity, changes: [created.change, draft.change] };
  }

  /** A new entity and the change that stores it; the change fails when the name is taken. */
  draftEntity(draft: {
    namespace: string;
    id?: string;
    name?: string;
    metadata?: Readonly<Record<string, string>>;
    policies?: readonly string[];
    disabled?: boolean;
  }): { entity: Entity; change: Change } {
    const nowMillis = this.#clock.nowMillis();
    const id = draft.id ?? newUuid(this.#random);
    const entity: Entity = {
      id,
      namespace: draft.namespace,
      name: draft.name ?? `entity_${id.slice(0, 8)}`,
      metadata: draft.metadata ?? {},
      policies: draft.policies ?? [],
      disabled: draft.disabled ?? false,
      createdMillis: nowMillis,
      updatedMillis: nowMillis,
      version: 1,
    };
    const clear = {
      namespace: entity.namespace,
      id,
      name_index: this.#nameIndex(entity.name),
      state: entity.disabled ? 'disabled' : 'active',
      created_millis: nowMillis,
    };
    const { name, metadata, policies } = entity;
    return { entity, change: this.#entities.insert(clear, {}, { name, metadata, policies, updatedMillis: nowMillis }) };
  }

  /** Changes an entity; fails as `version_mismatch` when it changed meanwhile or the new name is taken. */
  async updateEntity(
    namespace: string,
    id: string,
    change: Partial<Pick<Entity, 'name' | 'metadata' | 'policies' | 'disabled'>>,
  ): Promise<void> {
    const row = await this.#store.read('entities', { namespace, id });
    if (!row)
      throw new StrongroomError('not_found', 'entity not found', { hint: 'list them: LIST identity/entity/id' });
    const entity = { ...this.#openEntity(row), ...change };
    const clear = { name_index: this.#nameIndex(entity.name), state: entity.disabled ? 'disabled' : 'active' };
    const { name, metadata, policies } = entity;
    const body = { name, metadata, policies, updatedMillis: this.#clock.nowMillis() };
    await this.#store.commit([this.#entities.update(row, clear, body)]);
  }

  /** Deletes an entity and its aliases, in one commit with what else ends with it. */
  async deleteEntity(namespace: string, id: string, more: readonly Change[] = []): Promise<void> {
    await this.#store.commit([
      { kind: 'deleteWhere', table: 'aliases', where: { namespace, entity_id: id } },
      { kind: 'delete', table: 'entities', key: { namespace, id } },
      ...more,
    ]);
  }

  draftAlias(draft: {
    namespace: string;
    mount: string;
    name: string;
    entityId: string;
    metadata?: Readonly<Record<string, string>>;
    customMetadata?: Readonly<Record<string, string>>;
  }): { alias: Alias; change: Change } {
    const nowMillis = this.#clock.nowMillis();
    const alias: Alias = {
      id: newUuid(this.#random),
      namespace: draft.namespace,
      entityId: draft.entityId,
      mount: draft.mount,
      name: draft.name,
      metadata: draft.metadata ?? {},
      customMetadata: draft.customMetadata ?? {},
      createdMillis: nowMillis,
      updatedMillis: nowMillis,
      version: 1,
    };
    const clear = {
      namespace: alias.namespace,
      id: alias.id,
      entity_id: alias.entityId,
      mount: alias.mount,
      name_index: this.#aliasIndex(alias.name),
    };
    const { name, metadata, customMetadata } = alias;
    const body = { name, metadata, customMetadata, createdMillis: nowMillis, updatedMillis: nowMillis };
    return { alias, change: this.#aliases.insert(clear, {}, body) };
  }

  /** Deletes an alias, in one commit with what else ends with it. */
  async deleteAlias(namespace: string, id: string, more: readonly Change[] = []): Promise<void> {
    await this.#store.commit([{ kind: 'delete', table: 'aliases', key: { namespace, id } }, ...more]);
  }

  /** Forgets every alias of an auth mount that goes away. */
  aliasesOfMountGone(namespace: string, mount: string): Change {
    return { kind: 'deleteWhere', table: 'aliases', where: { namespace, mount } };
  }

  #nameIndex(name: string): string {
    return this.#seal.sealer.index('entity-name', canonicalName(name));
  }

  #aliasIndex(name: string): string {
    return this.#seal.sealer.index('alias-name', canonicalName(name));
  }

  #openEntity(row: Row<'entities'>): Entity {
    const body = this.#entities.open(row);
    return {
      ...body,
      id: row.id,
      namespace: row.namespace,
      disabled: row.state !== 'active',
      createdMillis: row.created_millis,
      version: row.version,
    };
  }

  #openAlias(row: Row<'aliases'>): Alias {
    const body = this.#aliases.open(row);
    return {
      ...body,
      id: row.id,
      namespace: row.namespace,
      entityId: row.entity_id,
      mount: row.mount,
      version: row.version,
    };
  }
}

/** Retries a login that raced another first login under the same name: the second time the alias is there. */
export async function retryOnce<T>(attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    if (!isGuardFailure(error)) throw error;
    return attempt();
  }
}
