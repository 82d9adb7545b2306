import { newUuid, type Random } from '../../crypto/index.ts';
import { type Awaitable, StrongroomError } from '../../lib/index.ts';
import { type Change, isGuardFailure, type Row, type Store } from '../../store/index.ts';
import { type Seal, SealedTable } from '../seal/index.ts';
import { defaultMountConfig, type Mount, type MountConfig, type MountKind } from './mount.ts';
import { beingChanged, MountGate } from './mount-gate.ts';
import { systemMount } from './system-mount.ts';

interface MountBody {
  readonly type: string;
  readonly description: string;
  readonly options: Readonly<Record<string, string>> | null;
  readonly local: boolean;
  readonly sealWrap: boolean;
  readonly config: MountConfig;
}

/** What can be changed of a mount. */
export type MountChange = Partial<Pick<Mount, 'description' | 'options' | 'config' | 'path'>>;

const maxAttempts = 20;
/** All of them are kept in memory, and looked through at each change of a path. */
const maxMounts = 5_000;

export interface NewMount {
  readonly namespace: string;
  readonly kind: MountKind;
  readonly path: string;
  readonly type: string;
  readonly description: string;
  readonly options: Readonly<Record<string, string>> | null;
  readonly local?: boolean;
  readonly sealWrap?: boolean;
  readonly config?: Partial<MountConfig>;
}

/** Where each engine is mounted. Few rows, read once when the server unseals, and again after each change here. */
export class MountTable {
  readonly #store: Store;
  readonly #seal: Seal;
  readonly #random: Random;
  readonly #table: SealedTable<'mounts', MountBody>;
  #byPrefix = new Map<string, Mount>([[systemMount.prefix, systemMount]]);
  #byAccessor = new Map<string, Mount>();
  #longestSegments = 1;
  readonly #gate = new MountGate();
  #lastTurn: Promise<unknown> = Promise.resolve();

  constructor(parts: { store: Store; seal: Seal; random: Random }) {
    this.#store = parts.store;
    this.#seal = parts.seal;
    this.#random = parts.random;
    this.#table = new SealedTable('mounts', () => parts.seal.sealer);
    parts.seal.whenSealed(() => {
      this.#table.forget();
      this.#remember([]);
    });
  }

  /** Reads the table; called when the server unseals. */
  async load(namespace = 'root'): Promise<void> {
    const rows = await this.#store.list('mounts', { where: { namespace }, limit: 10_000 });
    this.#remember(rows.map((row) => this.#open(row)));
  }

  #remember(stored: readonly Mount[]): void {
    const mounts = stored.some(({ id }) => id === systemMount.id) ? stored : [systemMount, ...stored];
    this.#byPrefix = new Map(mounts.map((mount) => [mount.prefix, mount]));
    this.#byAccessor = new Map(mounts.map((mount) => [mount.accessor, mount]));
    this.#longestSegments = Math.max(0, ...mounts.map((mount) => mount.prefix.split('/').length - 1));
  }

  /** The mount a path falls under (the longest that fits), or undefined. A mount's path alone, without slash, counts. */
  route(path: string): Mount | undefined {
    let end = -1;
    let found: Mount | undefined;
    for (let segment = 0; segment < this.#longestSegments; segment += 1) {
      end = path.indexOf('/', end + 1);
      const prefix = end === -1 ? `${path}/` : path.slice(0, end + 1);
      found = this.#byPrefix.get(prefix) ?? found;
      if (end === -1) break;
    }
    return found;
  }

  all(kind: MountKind): readonly Mount[] {
    return [...this.#byPrefix.values()]
      .filter((mount) => mount.kind === kind)
      .sort((left, right) => (left.path < right.path ? -1 : 1));
  }

  byAccessor(accessor: string): Mount | undefined {
    return this.#byAccessor.get(accessor);
  }

  byId(id: string): Mount | undefined {
    return [...this.#byPrefix.values()].find((mount) => mount.id === id);
  }

  /** The mount of a kind at a path; `auth/x/` is no path of an engine, whatever is mounted there. */
  byPath(kind: MountKind, path: string): Mount | undefined {
    const mount = this.#byPrefix.get(prefixOf(kind, path));
    return mount?.kind === kind ? mount : undefined;
  }

  /** A new mount and the change that stores it; the change fails when the path is taken. */
  draft(spec: NewMount): { mount: Mount; change: Change } {
    const id = newUuid(this.#random);
    const mount: Mount = {
      namespace: spec.namespace,
      id,
      kind: spec.kind,
      path: spec.path,
      prefix: prefixOf(spec.kind, spec.path),
      type: spec.type,
      accessor: `${spec.kind === 'auth' ? 'auth_' : ''}${spec.type}_${this.#random.bytes(4).toString('hex')}`,
      description: spec.description,
      options: spec.options,
      local: spec.local ?? false,
      sealWrap: spec.sealWrap ?? false,
      config: { ...defaultMountConfig, ...spec.config },
      version: 1,
    };
    const clear = { namespace: spec.namespace, id, kind: spec.kind, path: spec.path, accessor: mount.accessor };
    return { mount, change: this.#table.insert(clear, {}, bodyOf(mount)) };
  }

  /** Whether a mount serves nothing for the moment. */
  isClosed(mount: Mount): boolean {
    return this.#gate.isClosed(mount.id);
  }

  /** Whether a mount is what it was when it was found, in every setting, and serves. */
  isCurrent(mount: Mount): boolean {
    return this.#byPrefix.get(mount.prefix) === mount && !this.isClosed(mount);
  }

  /** Does a request's work on the mount it was sent to; refuses when that one was moved, upgraded or removed since. */
  during<T>(mount: Mount, work: () => Awaitable<T>): Awaitable<T> {
    if (!this.#isAsFound(mount)) {
      // Without its keys the server knows no mount: that refuses by itself.
      void this.#seal.sealer;
      throw beingChanged();
    }
    return this.#gate.during(mount.id, work);
  }

  #isAsFound(mount: Mount): boolean {
    const now = this.#byPrefix.get(mount.prefix);
    if (now === mount) return true;
    // Other settings make another object of it: what counts is what is stored where, and in which form.
    return now?.id === mount.id && JSON.stringify(now.options) === JSON.stringify(mount.options);
  }

  /** Keeps requests away from a mount while `work` moves, upgrades or empties it: they are told to come back. */
  whileClosed<T>(mount: Mount, work: () => Promise<T>): Promise<T> {
    return this.#gate.whileClosed(mount.id, work);
  }

  /** One change of paths at a time: whether a path is free is seen by looking at all of them. */
  #takeTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#lastTurn.then(work);
    this.#lastTurn = mine.catch(() => undefined);
    return mine;
  }

  /** Mounts an engine; what `prepare` answers is stored in the same commit. */
  add(spec: NewMount, prepare: (mount: Mount) => Promise<readonly Change[]>): Promise<Mount> {
    return this.#takeTurn(() => this.#add(spec, prepare));
  }

  async #add(spec: NewMount, prepare: (mount: Mount) => Promise<readonly Change[]>): Promise<Mount> {
    this.requireFree(spec.kind, spec.path);
    if (this.#byPrefix.size >= maxMounts) {
      throw new StrongroomError('invalid_request', `there are ${maxMounts} mounts already`, {
        hint: 'remove some that are not used',
      });
    }
    const { mount, change } = this.draft(spec);
    try {
      await this.#commit(spec.namespace, [change, ...(await prepare(mount))]);
    } catch (error) {
      if (isGuardFailure(error, 0)) throw pathInUse(spec.path);
      throw error;
    }
    return mount;
  }

  /** Refuses a path that is taken: one mount may not lie below another of its kind. */
  requireFree(kind: MountKind, path: string): void {
    for (const mount of this.all(kind)) {
      if (mount.path.startsWith(path) || path.startsWith(mount.path)) throw pathInUse(mount.path);
    }
  }

  /**
   * Replaces a mount's settings. `decide` is given the mount as it is stored, so that of two changes at once none is
   * lost; `extra` is stored in the same commit.
   */
  change(mount: Mount, decide: (current: Mount) => MountChange, extra: readonly Change[] = []): Promise<void> {
    return this.#takeTurn(() => this.#change(mount, decide, extra));
  }

  async #change(mount: Mount, decide: (current: Mount) => MountChange, extra: readonly Change[]): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const row = await this.#store.read('mounts', { namespace: mount.namespace, id: mount.id });
      // `sys/` is there without a row until its settings are changed for the first time.
      if (!row && mount.id !== systemMount.id) {
        throw new StrongroomError('not_found', 'no such mount', { hint: 'it was removed meanwhile' });
      }
      const current = row ? this.#open(row) : systemMount;
      const next = { ...current, ...decide(current) };
      if (next.path !== current.path) this.requireFree(next.kind, next.path);
      try {
        return await this.#commit(mount.namespace, [this.#replace(row, next), ...extra]);
      } catch (error) {
        if (!isGuardFailure(error, 0) || attempt >= maxAttempts) throw error;
      }
    }
  }

  /** Whatever comes of a commit, the table in memory is what is stored: one may take effect and be told as failed. */
  async #commit(namespace: string, changes: readonly Change[]): Promise<void> {
    try {
      await this.#store.commit(changes);
    } catch (error) {
      await this.load(namespace).catch(() => undefined);
      throw error;
    }
    await this.load(namespace);
  }

  #replace(row: Row<'mounts'> | undefined, next: Mount): Change {
    const { namespace, id, kind, path, accessor } = next;
    if (row) return this.#table.update(row, { path }, bodyOf(next));
    return this.#table.insert({ namespace, id, kind, path, accessor }, {}, bodyOf(next));
  }

  /**
   * Removes a mount with everything stored under it, in one commit; `extra` goes with it. Revoked certificates alone
   * stay, until the sweep after their end: those who trust the CA, as a log-in method does, trust it without the mount.
   */
  remove(mount: Mount, extra: readonly Change[]): Promise<void> {
    return this.#takeTurn(() => this.#remove(mount, extra));
  }

  async #remove(mount: Mount, extra: readonly Change[]): Promise<void> {
    const { namespace, id } = mount;
    await this.#commit(namespace, [
      { kind: 'delete', table: 'mounts', key: { namespace, id } },
      { kind: 'deleteWhere', table: 'records', where: { namespace, mount: id } },
      { kind: 'deleteWhere', table: 'credentials', where: { namespace, mount: id } },
      { kind: 'deleteWhere', table: 'certificates', where: { namespace, mount: id, state: 'active' } },
      { kind: 'deleteWhere', table: 'leases', where: { namespace, mount: id } },
      ...extra,
    ]);
  }

  #open(row: Row<'mounts'>): Mount {
    const body = this.#table.open(row);
    const kind = row.kind as MountKind;
    return {
      ...body,
      namespace: row.namespace,
      id: row.id,
      kind,
      path: row.path,
      prefix: prefixOf(kind, row.path),
      accessor: row.accessor,
      version: row.version,
    };
  }
}

function bodyOf(mount: Mount): MountBody {
  const { type, description, options, local, sealWrap, config } = mount;
  return { type, description, options, local, sealWrap, config };
}

const prefixOf = (kind: MountKind, path: string): string => (kind === 'auth' ? `auth/${path}` : path);

const pathInUse = (path: string): StrongroomError =>
  new StrongroomError('invalid_request', `path is already in use at ${path}`, { hint: 'choose another path' });
