import { StrongroomError } from '../../lib/index.ts';
import { field } from '../routes/index.ts';
import { credentialStates } from './credential.ts';
import type { CredentialFilter, CredentialOrder } from './list-credentials.ts';

/** When a credential was made, ends and was last used: RFC 3339 or seconds since 1970; bounds exclusive. */
export const timeFields = {
  created_after: field.timeMillis().optional(),
  created_before: field.timeMillis().optional(),
  expires_after: field.timeMillis().optional(),
  expires_before: field.timeMillis().optional(),
  used_after: field.timeMillis().optional(),
  used_before: field.timeMillis().optional(),
};

/** Milliseconds since 1970. */
export interface TimeFields {
  readonly created_after?: number | undefined;
  readonly created_before?: number | undefined;
  readonly expires_after?: number | undefined;
  readonly expires_before?: number | undefined;
  readonly used_after?: number | undefined;
  readonly used_before?: number | undefined;
}

export const readTimes = (fields: TimeFields) => ({
  createdAfterMillis: fields.created_after,
  createdBeforeMillis: fields.created_before,
  expiresAfterMillis: fields.expires_after,
  expiresBeforeMillis: fields.expires_before,
  usedAfterMillis: fields.used_after,
  usedBeforeMillis: fields.used_before,
});

/** A misspelt state is refused: it would look as if there were no such credential. */
export const stateField = { state: field.word(credentialStates).optional() };

/** Query fields of every list of credentials. */
export const listFields = {
  owner: field.text().optional(),
  tag: field.text().optional(),
  ...stateField,
  start: field.text().optional(),
  name: field.text().optional(),
  ...timeFields,
  unused_since: field.seconds().optional(),
  sort: field.text().optional(),
  limit: field.integer().optional(),
  after: field.text().optional(),
};

export interface ListFields extends TimeFields {
  readonly space?: string | undefined;
  readonly owner?: string | undefined;
  readonly external_id?: string | undefined;
  readonly entity_id?: string | undefined;
  readonly tag?: string | undefined;
  readonly scope?: string | undefined;
  readonly state?: string | undefined;
  readonly start?: string | undefined;
  readonly name?: string | undefined;
  readonly unused_since?: number | undefined;
  readonly sort?: string | undefined;
  readonly limit?: number | undefined;
  readonly after?: string | undefined;
}

const orders: readonly CredentialOrder[] = ['created_time', 'expire_time', 'last_used_time'];
const usualLimit = 100;
const maxLimit = 1_000;

export function readFilter(fields: ListFields, nowMillis: number): CredentialFilter {
  return {
    owner: fields.owner,
    externalId: fields.external_id,
    name: fields.name,
    space: fields.space,
    start: fields.start,
    entityId: fields.entity_id,
    tag: fields.tag,
    scope: fields.scope,
    state: fields.state,
    ...readTimes(fields),
    unusedSinceMillis: fields.unused_since === undefined ? undefined : nowMillis - fields.unused_since * 1000,
  };
}

export function readOrder(sort = 'created_time'): { readonly order: CredentialOrder; readonly descending: boolean } {
  const descending = sort.startsWith('-');
  const order = orders.find((name) => name === sort.replace(/^-/, ''));
  if (order) return { order, descending };
  throw new StrongroomError('invalid_field', 'unknown sort', {
    hint: `${orders.join(', ')}; with - in front for descending`,
  });
}

export function readLimit(limit = usualLimit): number {
  if (limit >= 1 && limit <= maxLimit) return limit;
  throw new StrongroomError('invalid_field', 'limit is out of range', { hint: `1 to ${maxLimit}` });
}
