import type { Random } from '../crypto/index.ts';
import type { Clock } from '../lib/index.ts';
import type { Store } from '../store/index.ts';
import type { PolicyStore } from './authority/index.ts';
import type { CertificateStore } from './certificates/index.ts';
import type { CredentialStore } from './credentials/index.ts';
import type { Engine } from './engine.ts';
import type { IdentityStore } from './identity/index.ts';
import type { KeyHomes } from './key-homes/index.ts';
import type { LeaseStore } from './leases/index.ts';
import type { LoginIssuer } from './logins/index.ts';
import type { MountTable } from './mounts/index.ts';
import type { PrincipalFactory } from './principals/index.ts';
import type { Revocations } from './revocations/index.ts';
import type { Seal } from './seal/index.ts';
import type { TokenStore } from './tokens/index.ts';

/** The server's log: JSON lines on stderr, never a secret. */
export interface Log {
  debug(fields: Readonly<Record<string, unknown>>, message: string): void;
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/** Limits that hold where a mount or role says nothing. Whole seconds. */
export interface CoreSettings {
  readonly defaultLeaseTtlSeconds: number;
  readonly maxLeaseTtlSeconds: number;
  /** The address clients reach this server at, for links in answers. */
  readonly apiAddress: string;
}

/** What every engine and auth method is built from. Nothing in here is global: each server has its own. */
export interface Core {
  readonly store: Store;
  readonly seal: Seal;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly settings: CoreSettings;
  readonly tokens: TokenStore;
  /** Every certificate a CA of this server signed. */
  readonly certificates: CertificateStore;
  /** API keys and personal access tokens. */
  readonly credentials: CredentialStore;
  readonly policies: PolicyStore;
  readonly identity: IdentityStore;
  readonly mounts: MountTable;
  readonly leases: LeaseStore;
  readonly principals: PrincipalFactory;
  readonly logins: LoginIssuer;
  readonly keys: KeyHomes;
  readonly revocations: Revocations;
  /** Engines by type, filled by the composition root before the first request. */
  readonly engines: ReadonlyMap<string, Engine>;
}
