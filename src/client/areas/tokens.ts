import type { SecretText } from '../../lib/index.ts';
import type { Connection } from '../connection.ts';
import { pathSegment } from '../request-path.ts';
import type { Answer, WireObject } from '../wire.ts';

export interface TokenRequest {
  readonly policies?: readonly string[] | undefined;
  readonly meta?: Readonly<Record<string, string>> | undefined;
  readonly no_parent?: boolean | undefined;
  readonly no_default_policy?: boolean | undefined;
  readonly renewable?: boolean | undefined;
  /** Durations: "1h30m" or seconds as text. */
  readonly ttl?: string | undefined;
  readonly explicit_max_ttl?: string | undefined;
  readonly period?: string | undefined;
  readonly type?: string | undefined;
  readonly display_name?: string | undefined;
  readonly num_uses?: number | undefined;
  readonly entity_alias?: string | undefined;
  /** Address blocks the token is good from. Ours: Vault knows these on roles only. */
  readonly bound_cidrs?: readonly string[] | undefined;
}

export interface TokenInfo {
  readonly id: SecretText | '';
  readonly accessor: string;
  readonly policies: readonly string[];
  readonly path: string;
  readonly display_name: string;
  readonly meta: Readonly<Record<string, string>> | null;
  readonly num_uses: number;
  readonly orphan: boolean;
  /** Seconds since 1970. */
  readonly creation_time: number;
  /** Seconds. */
  readonly creation_ttl: number;
  readonly ttl: number;
  readonly explicit_max_ttl: number;
  readonly expire_time: string | null;
  readonly entity_id: string;
  readonly type: string;
  readonly renewable?: boolean;
}

/** Which token is meant: the caller's own, one in hand, or one by its accessor. */
export type TokenReference = { readonly self: true } | { readonly token: SecretText } | { readonly accessor: string };

export type RevokeScope = 'tree' | 'orphan';

export interface TokensArea {
  /** `POST auth/token/create[/role]`; the token is `answer.auth.client_token`. */
  create(fields: TokenRequest, options?: { readonly role?: string }): Promise<Answer<null>>;
  lookup(reference: TokenReference): Promise<Answer<TokenInfo>>;
  /** `increment`: the time wished for, a duration. */
  renew(reference: TokenReference, increment?: string): Promise<Answer<null>>;
  /** `orphan` lets the children live on; only for a token in hand. */
  revoke(reference: TokenReference, scope?: RevokeScope): Promise<Answer<null>>;
  /** Path → capabilities. */
  capabilities(reference: TokenReference, paths: readonly string[]): Promise<Answer<WireObject>>;
}

function suffix(reference: TokenReference): string {
  if ('self' in reference) return '-self';
  return 'accessor' in reference ? '-accessor' : '';
}

function named(reference: TokenReference): { token?: SecretText; accessor?: string } {
  if ('self' in reference) return {};
  return 'accessor' in reference ? { accessor: reference.accessor } : { token: reference.token };
}

export function tokensArea({ request }: Connection): TokensArea {
  return {
    create: (fields, options = {}) => {
      const role = options.role === undefined ? '' : `/${pathSegment(options.role)}`;
      return request('POST', `auth/token/create${role}`, { ...fields });
    },
    // The own token is read: the policy "default" allows no more, as with Vault.
    lookup: (reference) =>
      'self' in reference
        ? request('GET', 'auth/token/lookup-self', undefined, { secretFields: ['data.id'] })
        : request('POST', `auth/token/lookup${suffix(reference)}`, named(reference), { secretFields: ['data.id'] }),
    renew: (reference, increment) =>
      request('POST', `auth/token/renew${suffix(reference)}`, { ...named(reference), increment }),
    revoke: (reference, scope = 'tree') =>
      request('POST', `auth/token/revoke${scope === 'orphan' ? '-orphan' : suffix(reference)}`, named(reference)),
    capabilities: (reference, paths) =>
      request('POST', `sys/capabilities${suffix(reference)}`, { ...named(reference), paths }),
  };
}
