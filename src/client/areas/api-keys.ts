import type { SecretText } from '../../lib/index.ts';
import type { Connection } from '../connection.ts';
import { mountPath, pathSegment } from '../request-path.ts';
import type { Answer, BodyObject } from '../wire.ts';

export type RateLimit = {
  readonly name: string;
  readonly limit: number;
  /** A duration. */
  readonly window: string;
};

export interface ApiKeyRequest {
  readonly space?: string | undefined;
  readonly name?: string | undefined;
  readonly owner?: string | undefined;
  readonly contact?: string | undefined;
  readonly external_id?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly policies?: readonly string[] | undefined;
  readonly ttl?: string | undefined;
  /** RFC 3339; instead of `ttl`. */
  readonly expire_time?: string | undefined;
  readonly not_before?: string | undefined;
  readonly bound_cidrs?: readonly string[] | undefined;
  readonly rate_limits?: readonly RateLimit[] | undefined;
  readonly credits?: number | undefined;
  readonly cert_thumbprint?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

export interface ApiKey {
  readonly id: string;
  readonly space: string;
  readonly name: string;
  readonly owner: string;
  /** The visible beginning of the credential. */
  readonly start: string;
  readonly scopes: readonly string[];
  readonly policies: readonly string[];
  readonly state: string;
  readonly created_time: string;
  readonly expire_time: string | null;
  readonly last_used_time: string | null;
  readonly use_count: number;
  readonly tags: readonly string[];
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly version: number;
}

export interface CreatedApiKey extends ApiKey {
  /** In this answer only. */
  readonly key: SecretText;
}

export interface RotatedApiKey extends CreatedApiKey {
  readonly previous_id: string;
  readonly previous_expire_time: string;
}

export interface ApiKeyFilter {
  readonly space?: string | undefined;
  readonly owner?: string | undefined;
  readonly external_id?: string | undefined;
  readonly tag?: string | undefined;
  readonly scope?: string | undefined;
  readonly state?: string | undefined;
  readonly start?: string | undefined;
  readonly name?: string | undefined;
  readonly created_after?: string | undefined;
  readonly created_before?: string | undefined;
  readonly expires_after?: string | undefined;
  readonly expires_before?: string | undefined;
  readonly used_after?: string | undefined;
  readonly used_before?: string | undefined;
  readonly unused_since?: string | undefined;
  readonly sort?: string | undefined;
  readonly limit?: number | undefined;
  readonly after?: string | undefined;
}

export interface ApiKeyList {
  readonly keys: readonly string[];
  readonly key_info: Readonly<Record<string, ApiKey>>;
  /** Cursor of the next page, empty on the last. */
  readonly next: string;
}

export interface VerifyRequest {
  readonly key: SecretText;
  readonly scopes?: readonly string[] | undefined;
  readonly scope_mode?: 'all' | 'any' | undefined;
  /** Address of the caller's own client. */
  readonly address?: string | undefined;
  readonly cert_thumbprint?: string | undefined;
  readonly cost?: number | undefined;
  readonly request_id?: string | undefined;
}

export interface VerifyResult {
  readonly valid: boolean;
  /** `ok`, `expired`, `scope_missing` … */
  readonly code: string;
  readonly id?: string;
  readonly space?: string;
  readonly owner?: string;
  readonly name?: string;
  readonly scopes?: readonly string[];
  readonly expire_time?: string | null;
  readonly credits_left?: number | null;
}

export interface RotateRequest {
  /** How long the old key stays good, a duration. */
  readonly overlap?: string | undefined;
  readonly ttl?: string | undefined;
}

export interface ApiKeysArea {
  /** `idempotencyKey`: a repetition with the same one answers the same key. */
  create(
    fields: ApiKeyRequest,
    options?: ApiKeyOptions & { readonly idempotencyKey?: string },
  ): Promise<Answer<CreatedApiKey>>;
  get(id: string, options?: ApiKeyOptions): Promise<Answer<ApiKey>>;
  list(filter?: ApiKeyFilter, options?: ApiKeyOptions): Promise<Answer<ApiKeyList>>;
  /** Changes the fields given and leaves the rest. */
  update(id: string, fields: Omit<ApiKeyRequest, 'space'>, options?: ApiKeyOptions): Promise<Answer<ApiKey>>;
  rotate(
    id: string,
    fields?: RotateRequest,
    options?: ApiKeyOptions & { readonly idempotencyKey?: string },
  ): Promise<Answer<RotatedApiKey>>;
  revoke(id: string, reason?: string, options?: ApiKeyOptions): Promise<Answer<null>>;
  disable(id: string, reason?: string, options?: ApiKeyOptions): Promise<Answer<null>>;
  enable(id: string, reason?: string, options?: ApiKeyOptions): Promise<Answer<null>>;
  /** Checks a key somebody presented. Answers 200 for a bad key too: read `valid`. */
  verify(fields: VerifyRequest, options?: ApiKeyOptions): Promise<Answer<VerifyResult>>;
  writeSpace(name: string, fields: BodyObject, options?: ApiKeyOptions): Promise<Answer<null>>;
}

export interface ApiKeyOptions {
  /** `api-keys` unless given. */
  readonly mount?: string | undefined;
}

export function apiKeysArea({ request }: Connection): ApiKeysArea {
  const at = (options: ApiKeyOptions, rest: string): string => `${mountPath(options.mount ?? 'api-keys')}/${rest}`;
  const keyAt = (options: ApiKeyOptions, id: string, rest = ''): string =>
    at(options, `keys/${pathSegment(id)}${rest}`);
  const once = (idempotencyKey: string | undefined) => ({
    secretFields: ['data.key'],
    headers: idempotencyKey === undefined ? {} : { 'Idempotency-Key': idempotencyKey },
  });
  return {
    create: (fields, options = {}) => request('POST', at(options, 'keys'), { ...fields }, once(options.idempotencyKey)),
    get: (id, options = {}) => request('GET', keyAt(options, id)),
    list: (filter = {}, options = {}) => request('LIST', at(options, 'keys'), undefined, { query: { ...filter } }),
    update: (id, fields, options = {}) => request('POST', keyAt(options, id), { ...fields }),
    rotate: (id, fields = {}, options = {}) =>
      request('POST', keyAt(options, id, '/rotate'), { ...fields }, once(options.idempotencyKey)),
    revoke: (id, reason, options = {}) => request('POST', keyAt(options, id, '/revoke'), { reason }),
    disable: (id, reason, options = {}) => request('POST', keyAt(options, id, '/disable'), { reason }),
    enable: (id, reason, options = {}) => request('POST', keyAt(options, id, '/enable'), { reason }),
    verify: (fields, options = {}) => request('POST', at(options, 'verify'), { ...fields }),
    writeSpace: (name, fields, options = {}) => request('POST', at(options, `spaces/${pathSegment(name)}`), fields),
  };
}
