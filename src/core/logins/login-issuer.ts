import type { Clock } from '../../lib/index.ts';
import { StrongroomError } from '../../lib/index.ts';
import type { Change, Store } from '../../store/index.ts';
import type { CoreSettings } from '../core.ts';
import { type IdentityStore, type LoginName, retryOnce } from '../identity/index.ts';
import { decideTtl } from '../leases/index.ts';
import { beingChanged, type Mount } from '../mounts/index.ts';
import { mergePolicies, requireAddress } from '../principals/index.ts';
import type { AuthBlock, EngineRequest } from '../routes/index.ts';
import type { TokenStore } from '../tokens/index.ts';
import type { TokenParameters } from './token-parameters.ts';

/** A login that an auth method has found to be genuine. */
export interface ProvenLogin {
  readonly parameters: TokenParameters;
  readonly displayName: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** The name by which identity knows this caller at this mount. */
  readonly alias: string;
  /** What the method needs at renewal to say that the login still holds. */
  readonly internal: Readonly<Record<string, string>>;
  /** Written in the same commit as the token: a reset failure count, a used-up secret. */
  readonly changes?: readonly Change[];
}

/** Limits of a mount with the server's defaults filled in. */
export function mountLimits(mount: Mount, settings: CoreSettings): { defaultSeconds: number; maxSeconds: number } {
  const maxSeconds = mount.config.maxLeaseTtlSeconds || settings.maxLeaseTtlSeconds;
  const defaultSeconds = mount.config.defaultLeaseTtlSeconds || settings.defaultLeaseTtlSeconds;
  return { defaultSeconds: Math.min(defaultSeconds, maxSeconds), maxSeconds };
}

/** The policies a login gives its token; what they are at a renewal says whether it would still be given. */
export function loginPolicies({ noDefaultPolicy, policies }: TokenParameters): readonly string[] {
  return noDefaultPolicy ? policies.filter((policy) => policy !== 'default') : mergePolicies(policies, ['default']);
}

/** Turns a genuine login into a token: identity, limits, one commit. */
export class LoginIssuer {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #tokens: TokenStore;
  readonly #identity: IdentityStore;
  readonly #settings: CoreSettings;

  constructor(parts: {
    store: Store;
    clock: Clock;
    tokens: TokenStore;
    identity: IdentityStore;
    settings: CoreSettings;
  }) {
    this.#store = parts.store;
    this.#clock = parts.clock;
    this.#tokens = parts.tokens;
    this.#identity = parts.identity;
    this.#settings = parts.settings;
  }

  /** The `auth` block of the answer. Refuses a disabled identity and an address outside the role's blocks. */
  issue(
    request: Pick<EngineRequest, 'mount' | 'namespace' | 'path' | 'connection' | 'warn'>,
    login: ProvenLogin,
  ): Promise<AuthBlock> {
    requireAddress(login.parameters.boundCidrs, request.connection.remoteAddress);
    return retryOnce(() => this.#attempt(request, login));
  }

  async #attempt(
    request: Pick<EngineRequest, 'mount' | 'namespace' | 'path' | 'connection' | 'warn'>,
    login: ProvenLogin,
  ): Promise<AuthBlock> {
    const { mount, namespace } = request;
    const name: LoginName = { namespace, mount: mount.accessor, name: login.alias };
    const { entity, changes } = await this.#identity.resolveLogin(name);
    if (entity.disabled)
      throw new StrongroomError('permission_denied', 'permission denied', {
        hint: 'the entity of this login is disabled',
      });
    const { parameters } = login;
    const nowMillis = this.#clock.nowMillis();
    const limits = mountLimits(mount, this.#settings);
    const ttl = decideTtl({
      incrementSeconds: 0,
      roleTtlSeconds: parameters.ttlSeconds,
      periodSeconds: parameters.periodSeconds,
      roleMaxSeconds: parameters.maxTtlSeconds,
      explicitMaxSeconds: parameters.explicitMaxSeconds,
      mountDefaultSeconds: limits.defaultSeconds,
      mountMaxSeconds: limits.maxSeconds,
      issuedMillis: nowMillis,
      nowMillis,
    });
    for (const warning of ttl.warnings) request.warn(warning);
    const type = tokenType(mount, parameters);
    const policies = loginPolicies(parameters);
    if (policies.includes('root')) throw rootRefused();
    const minted = this.#tokens.mint({
      type,
      namespace,
      parent: null,
      entityId: entity.id,
      mount: mount.accessor,
      expireMillis: nowMillis + ttl.seconds * 1000,
      body: {
        policies,
        path: request.path,
        meta: login.metadata,
        displayName: login.displayName,
        usesAtIssue: parameters.numUses,
        creationTtlSeconds: ttl.seconds,
        periodSeconds: parameters.periodSeconds,
        explicitMaxSeconds: parameters.explicitMaxSeconds,
        roleTtlSeconds: parameters.ttlSeconds,
        roleMaxSeconds: parameters.maxTtlSeconds,
        boundCidrs: parameters.boundCidrs,
        role: '',
        renewable: type === 'service',
        issuedMillis: nowMillis,
        lastRenewedMillis: 0,
        strictAddress: parameters.strictlyBindIp ? request.connection.remoteAddress : '',
        internal: login.internal,
        createdBy: { entityId: entity.id, displayName: login.displayName, accessor: '' },
      },
    });
    const stays = await this.#mountStays(mount);
    await this.#store.commit([stays, ...(login.changes ?? []), ...changes, ...minted.changes]);
    return {
      clientToken: minted.text,
      accessor: minted.record.body.accessor,
      policies: mergePolicies(policies, entity.policies),
      tokenPolicies: policies,
      identityPolicies: entity.policies,
      metadata: login.metadata,
      leaseSeconds: ttl.seconds,
      renewable: type === 'service',
      entityId: entity.id,
      tokenType: type,
      orphan: true,
      usesLeft: parameters.numUses,
    };
  }

  /**
   * Holds when the method is still mounted where the login came in, at the moment of the commit: removing and moving it
   * revoke its tokens, and a login under way must not add one behind them.
   */
  async #mountStays({ namespace, id, path }: Mount): Promise<Change> {
    const row = await this.#store.read('mounts', { namespace, id });
    if (row?.path !== path) throw beingChanged();
    return { kind: 'check', table: 'mounts', key: { namespace, id }, ifVersion: row.version };
  }
}

/** The mount may force a type; a role's own choice comes next; service otherwise. */
function tokenType(mount: Mount, parameters: TokenParameters): 'service' | 'batch' {
  if (mount.config.tokenType === 'service' || mount.config.tokenType === 'batch') return mount.config.tokenType;
  if (parameters.type === 'service' || parameters.type === 'batch') return parameters.type;
  if (parameters.type === 'default-batch') return 'batch';
  if (parameters.type === 'default-service') return 'service';
  return mount.config.tokenType === 'default-batch' ? 'batch' : 'service';
}

/** Whoever may write users or roles must not thereby be able to make a root token. */
const rootRefused = (): StrongroomError =>
  new StrongroomError('invalid_request', 'auth methods cannot create root tokens', {
    hint: 'give the user or role policies by name',
  });
