import type { Connection } from '../connection.ts';
import type { Answer } from '../wire.ts';

/** What a credential of any kind can be in. */
export const credentialStates = [
  'active',
  'disabled',
  'revoked',
  'expired',
  'not_yet_valid',
  'rotated',
  'exhausted',
] as const;

export const credentialKinds = ['token', 'api_key', 'pat', 'certificate', 'lease'] as const;

export interface CredentialFilter {
  /** `token`, `api_key`, `pat`, `certificate`, `secret_id` or `lease`. */
  readonly kind?: string | undefined;
  readonly owner?: string | undefined;
  readonly entity_id?: string | undefined;
  readonly policy?: string | undefined;
  readonly tag?: string | undefined;
  readonly state?: string | undefined;
  /** RFC 3339. */
  readonly created_after?: string | undefined;
  readonly created_before?: string | undefined;
  readonly expires_after?: string | undefined;
  readonly expires_before?: string | undefined;
  readonly used_after?: string | undefined;
  readonly used_before?: string | undefined;
}

export interface Credential {
  readonly id: string;
  readonly kind: string;
  readonly owner: string;
  readonly entity_id: string;
  readonly name: string;
  readonly created_time: string;
  readonly expire_time: string | null;
  readonly last_used_time: string | null;
  readonly state: string;
  readonly policies: readonly string[];
}

export interface CredentialList {
  readonly keys: readonly string[];
  readonly key_info?: Readonly<Record<string, Credential>>;
  readonly next?: string;
}

export interface RevokedCredentials {
  /** Kind → number. */
  readonly count: Readonly<Record<string, number>>;
  readonly job_id?: string;
}

export interface CredentialsArea {
  /** Credentials of all kinds in one shape. */
  list(
    filter?: CredentialFilter,
    page?: { readonly limit?: number; readonly after?: string },
  ): Promise<Answer<CredentialList>>;
  /** Revokes everything that matches; `dryRun` counts only. The server refuses an empty filter. */
  revoke(
    filter: CredentialFilter,
    options?: { readonly dryRun?: boolean; readonly reason?: string | undefined },
  ): Promise<Answer<RevokedCredentials>>;
}

export function credentialsArea({ request }: Connection): CredentialsArea {
  return {
    list: (filter = {}, page = {}) => request('LIST', 'sys/credentials', undefined, { query: { ...filter, ...page } }),
    revoke: (filter, options = {}) =>
      request('POST', 'sys/credentials/revoke', {
        ...filter,
        reason: options.reason,
        ...(options.dryRun === true ? { dry_run: true } : {}),
      }),
  };
}
