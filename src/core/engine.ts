import type { Awaitable } from '../lib/index.ts';
import type { Change } from '../store/index.ts';
import type { Alias } from './identity/index.ts';
import type { Inventory } from './inventory/index.ts';
import type { Lease } from './leases/lease.ts';
import type { Mount, MountKind } from './mounts/mount.ts';
import type { CredentialResolver } from './principals/principal.ts';
import type { AnyRoute, EngineRequest } from './routes/index.ts';
import type { TokenRecord } from './tokens/index.ts';

/**
 * A secrets engine or an auth method: what is served below a mount. One object serves every mount of its type; the
 * mount comes with each request.
 */
export interface Engine {
  /** As `type` names it when mounting: `kv`, `pki`, `userpass`. */
  readonly type: string;
  readonly kind: MountKind;
  readonly description: string;
  /** Every route of the engine. */
  readonly routes: readonly AnyRoute[];
  /** The routes of one mount, where its options decide which there are. Answers one of a few lists, always the same ones. */
  readonly routesFor?: (mount: Mount) => readonly AnyRoute[];
  /** Always mounted where the server put it; cannot be mounted again, moved or removed. */
  readonly singleton?: boolean;
  /** Recognises and resolves the credentials this engine issues. */
  readonly resolvers?: readonly CredentialResolver[];
  /** What this engine issues, for `sys/credentials`: how to find it and how to revoke it, across all its mounts. */
  readonly inventories?: readonly Inventory[];
  /** Checks a new mount's options (refuses by throwing) and answers what must be stored with it. */
  readonly prepareMount?: (mount: Mount) => Awaitable<readonly Change[]>;
  /**
   * Prepares a change of a mount's options, with nobody at work on the mount; throws for one it cannot carry out.
   * Answers what is stored in the commit that changes the options, and a warning for the caller. Without this the
   * options of a mount stay as they were given.
   */
  readonly changeOptions?: (
    mount: Mount,
    options: Readonly<Record<string, string>>,
  ) => Promise<{ readonly changes: readonly Change[]; readonly warning?: string }>;
  /**
   * Prepares the removal of a mount, with nobody at work on it; throws where what it has outside the store, such as keys
   * in an HSM, could not be ended. What it answers ends that, once the mount's rows are gone for good.
   */
  readonly retireMount?: (mount: Mount) => Promise<() => Promise<void>>;
  /** Takes back what a lease stands for. Repeated until it succeeds. */
  readonly revokeLease?: (lease: Lease, mount: Mount) => Promise<void>;
  /** Writes what is kept in memory; called once, before the store closes. */
  readonly stop?: () => Promise<void>;
  /** Auth methods: whether the login behind a token would still be given; throws when not. Called at renewal. */
  readonly confirmLogin?: (token: TokenRecord, mount: Mount, request: EngineRequest) => Awaitable<LoginLimits>;
  /** Auth methods that lock a name out after wrong passwords: who is locked now, and how one is let in again. */
  readonly lockouts?: {
    /** At most `limit` names, in no order. */
    readonly list: (mount: Mount, limit: number) => Promise<readonly string[]>;
    /** Nothing to do for a name that is not locked. */
    readonly unlock: (mount: Mount, name: string) => Promise<void>;
  };
  /** Auth methods: the policies a login under this name would be given now; undefined when it would be refused. */
  readonly currentPolicies?: (alias: Alias, mount: Mount) => Awaitable<readonly string[] | undefined>;
  /** What `sys/internal/ui/mounts` and path help show of a request without a matching route. */
  readonly unknownPathHint?: (relativePath: string, mount: Mount) => string | undefined;
}

/** The limits a login gives its token, as its role has them now. Whole seconds, 0 = not set. */
export interface LoginLimits {
  readonly ttlSeconds: number;
  readonly maxTtlSeconds: number;
  readonly periodSeconds: number;
  readonly explicitMaxSeconds: number;
}
