import { createAuthMethods } from '../../auth/index.ts';
import {
  CertificateStore,
  type Core,
  type CoreSettings,
  type CredentialResolver,
  CredentialStore,
  type Engine,
  engineKey,
  IdentityStore,
  KeyHomes,
  LeaseStore,
  type Log,
  LoginIssuer,
  MountRouter,
  MountTable,
  PolicyStore,
  PrincipalFactory,
  Revocations,
  type RootKeyHsm,
  Seal,
  TokenStore,
} from '../../core/index.ts';
import type { Random } from '../../crypto/index.ts';
import { createEngines, type SystemHooks } from '../../engines/index.ts';
import type { KeyProvider } from '../../keys/index.ts';
import type { Clock } from '../../lib/index.ts';
import type { Store } from '../../store/index.ts';

export interface CoreParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly settings: CoreSettings;
  readonly clusterName: string;
  /** Wraps the root key; absent for a Shamir seal. */
  readonly sealHsm?: RootKeyHsm;
  /** Home of CA and signing keys; absent: they are sealed in the store. */
  readonly hsm?: KeyProvider;
}

export interface BuiltCore {
  readonly core: Core;
  readonly router: MountRouter;
  readonly resolvers: readonly CredentialResolver[];
  /** Full paths that are served while sealed. */
  readonly whileSealed: ReadonlySet<string>;
}

/** Wires every part of the core and every engine; nothing is read from the store yet. */
export function buildCore(parts: CoreParts, hooks: SystemHooks): BuiltCore {
  const { store, clock, random, log, settings } = parts;
  const seal = new Seal({
    store,
    random,
    clock,
    clusterName: parts.clusterName,
    ...(parts.sealHsm && { hsm: parts.sealHsm }),
  });
  const base = { store, seal, clock, random };
  const engines = new Map<string, Engine>();
  const tokens = new TokenStore(base);
  const policies = new PolicyStore(base);
  const identity = new IdentityStore(base);
  const mounts = new MountTable(base);
  const leases = new LeaseStore(base);
  const core: Core = {
    ...base,
    log,
    settings,
    tokens,
    certificates: new CertificateStore(base),
    credentials: new CredentialStore(base),
    policies,
    identity,
    mounts,
    leases,
    principals: new PrincipalFactory({ tokens, policies, identity, mounts }),
    logins: new LoginIssuer({ store, clock, tokens, identity, settings }),
    keys: new KeyHomes(base, parts.hsm),
    revocations: new Revocations({ store, leases, mounts, engines, log }),
    engines,
  };
  for (const engine of [...createEngines(core, hooks), ...createAuthMethods(core)])
    engines.set(engineKey(engine), engine);
  return {
    core,
    router: new MountRouter(mounts, engines),
    resolvers: orderResolvers(engines),
    whileSealed: findWhileSealed(engines),
  };
}

/** Tokens last: they recognise whatever nobody else does. */
function orderResolvers(engines: ReadonlyMap<string, Engine>): CredentialResolver[] {
  const all = [...engines.values()].flatMap((engine) => engine.resolvers ?? []);
  return all.sort((left, right) => Number(left.kind === 'token') - Number(right.kind === 'token'));
}

function findWhileSealed(engines: ReadonlyMap<string, Engine>): ReadonlySet<string> {
  const routes = engines.get('secret:system')?.routes ?? [];
  return new Set(routes.filter((route) => route.whileSealed === true).map((route) => `sys/${route.path}`));
}
