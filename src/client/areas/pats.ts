import type { SecretText } from '../../lib/index.ts';
import type { Connection } from '../connection.ts';
import { mountPath, pathSegment } from '../request-path.ts';
import type { Answer } from '../wire.ts';

export interface PatRequest {
  readonly name: string;
  /** Policy text: paths and capabilities within the owner's own. */
  readonly grants?: string | undefined;
  readonly policies?: readonly string[] | undefined;
  readonly ttl?: string | undefined;
  readonly expire_time?: string | undefined;
  readonly bound_cidrs?: readonly string[] | undefined;
  readonly audience?: string | undefined;
  readonly justification?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly tags?: readonly string[] | undefined;
}

export interface Pat {
  readonly id: string;
  readonly name: string;
  readonly entity_id: string;
  readonly owner: string;
  readonly start: string;
  readonly policies: readonly string[];
  readonly state: string;
  readonly created_time: string;
  readonly expire_time: string | null;
  readonly last_used_time: string | null;
  readonly tags: readonly string[];
}

export interface CreatedPat extends Pat {
  /** In this answer only. */
  readonly token: SecretText;
}

export interface PatList {
  readonly keys: readonly string[];
  readonly key_info?: Readonly<Record<string, Pat>>;
  readonly next?: string;
}

export interface PatFilter {
  readonly entity_id?: string | undefined;
  readonly owner?: string | undefined;
  readonly tag?: string | undefined;
  readonly state?: string | undefined;
  readonly limit?: number | undefined;
  readonly after?: string | undefined;
}

export interface PatOptions {
  /** `pats` unless given. */
  readonly mount?: string | undefined;
}

export interface PatsArea {
  /** A PAT of the calling entity. */
  create(fields: PatRequest, options?: PatOptions & { readonly idempotencyKey?: string }): Promise<Answer<CreatedPat>>;
  listOwn(options?: PatOptions): Promise<Answer<PatList>>;
  rotateOwn(id: string, overlap?: string, options?: PatOptions): Promise<Answer<CreatedPat>>;
  revokeOwn(id: string, reason?: string, options?: PatOptions): Promise<Answer<null>>;
  /** Those of every entity; for administrators. */
  listAll(filter?: PatFilter, options?: PatOptions): Promise<Answer<PatList>>;
  revokeAny(id: string, reason?: string, options?: PatOptions): Promise<Answer<null>>;
}

export function patsArea({ request }: Connection): PatsArea {
  const at = (options: PatOptions, rest: string): string => `${mountPath(options.mount ?? 'pats')}/${rest}`;
  const secretFields = ['data.token'];
  return {
    create: (fields, options = {}) =>
      request(
        'POST',
        at(options, 'self'),
        { ...fields },
        {
          secretFields,
          headers: options.idempotencyKey === undefined ? {} : { 'Idempotency-Key': options.idempotencyKey },
        },
      ),
    listOwn: (options = {}) => request('LIST', at(options, 'self')),
    rotateOwn: (id, overlap, options = {}) =>
      request('POST', at(options, `self/${pathSegment(id)}/rotate`), { overlap }, { secretFields }),
    revokeOwn: (id, reason, options = {}) => request('POST', at(options, `self/${pathSegment(id)}/revoke`), { reason }),
    listAll: (filter = {}, options = {}) => request('LIST', at(options, 'tokens'), undefined, { query: { ...filter } }),
    revokeAny: (id, reason, options = {}) =>
      request('POST', at(options, `tokens/${pathSegment(id)}/revoke`), { reason }),
  };
}
