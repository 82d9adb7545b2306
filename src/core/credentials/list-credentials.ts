import { StrongroomError } from '../../lib/index.ts';
import type { Query, Row } from '../../store/index.ts';
import { type Credential, type CredentialSort, stateOf } from './credential.ts';
import type { CredentialStore } from './credential-store.ts';

/** Filters by name, all of which must hold. Times in milliseconds, bounds exclusive. */
export interface CredentialFilter {
  readonly owner?: string | undefined;
  readonly externalId?: string | undefined;
  readonly name?: string | undefined;
  readonly space?: string | undefined;
  readonly start?: string | undefined;
  readonly entityId?: string | undefined;
  readonly tag?: string | undefined;
  readonly scope?: string | undefined;
  readonly policy?: string | undefined;
  readonly state?: string | undefined;
  readonly createdAfterMillis?: number | undefined;
  readonly createdBeforeMillis?: number | undefined;
  readonly expiresAfterMillis?: number | undefined;
  readonly expiresBeforeMillis?: number | undefined;
  readonly usedAfterMillis?: number | undefined;
  readonly usedBeforeMillis?: number | undefined;
  /** Not used since then, or never. */
  readonly unusedSinceMillis?: number | undefined;
}

export type CredentialOrder = 'created_time' | 'expire_time' | 'last_used_time';

export interface CredentialPageRequest {
  readonly place: { readonly namespace: string; readonly mount?: string; readonly kind: CredentialSort };
  readonly filter: CredentialFilter;
  readonly order: CredentialOrder;
  readonly descending: boolean;
  readonly limit: number;
  /** From the page before; '' for the first. */
  readonly cursor: string;
  readonly nowMillis: number;
}

export interface CredentialPage {
  readonly credentials: readonly Credential[];
  /** '' on the last page. A page may be short and have a next one all the same: what is sealed is judged row by row. */
  readonly next: string;
}

type SortColumn = 'expire_millis' | 'last_used_millis';
const columns: Readonly<Record<CredentialOrder, SortColumn | undefined>> = {
  created_time: undefined,
  expire_time: 'expire_millis',
  last_used_time: 'last_used_millis',
};

/** Bounds what one call reads; the rest is the next page's. */
const maxScanned = 5_000;
const batch = 500;

/** Where a page ended: in the order's column, and by id among equals. `unset` has come to the rows without a value. */
interface Cursor {
  readonly value: number;
  readonly id: string;
  readonly unset: boolean;
}

function readCursor(text: string): Cursor | undefined {
  if (text === '') return undefined;
  try {
    const [value, id, unset] = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as unknown[];
    if (typeof value === 'number' && typeof id === 'string' && id.length <= 64 && typeof unset === 'boolean')
      return { value, id, unset };
  } catch {}
  throw new StrongroomError('invalid_field', 'the cursor is unreadable', {
    hint: 'give "after" as the page before answered it in "next"',
  });
}

const writeCursor = ({ value, id, unset }: Cursor): string =>
  Buffer.from(JSON.stringify([value, id, unset])).toString('base64url');

/** One page of a list, in the order asked for; rows without the time that orders come last. */
export async function listCredentials(store: CredentialStore, request: CredentialPageRequest): Promise<CredentialPage> {
  const column = columns[request.order];
  const found: Credential[] = [];
  let cursor = readCursor(request.cursor) ?? { value: 0, id: '', unset: column === undefined };
  let isFirst = request.cursor === '';
  for (let scanned = 0; scanned < maxScanned; ) {
    const rows = await store.store.list('credentials', buildQuery(store, request, column, cursor, isFirst));
    for (const row of rows) {
      scanned += 1;
      cursor = { value: column && !cursor.unset ? (row[column] ?? 0) : 0, id: row.id, unset: cursor.unset };
      isFirst = false;
      const credential = store.open(row);
      if (!matchesFilter(credential, request)) continue;
      found.push(credential);
      if (found.length >= request.limit) return { credentials: found, next: writeCursor(cursor) };
    }
    if (rows.length === batch) continue;
    if (cursor.unset) return { credentials: found, next: '' };
    // The rows with a value are done: those without one follow.
    cursor = { value: 0, id: '', unset: true };
    isFirst = true;
  }
  return { credentials: found, next: writeCursor(cursor) };
}

function buildQuery(
  store: CredentialStore,
  { place, filter, descending }: CredentialPageRequest,
  column: SortColumn | undefined,
  cursor: Cursor,
  isFirst: boolean,
): Query<'credentials'> {
  const where: Partial<Row<'credentials'>> = {
    namespace: place.namespace,
    kind: place.kind,
    ...(place.mount !== undefined && { mount: place.mount }),
    ...(filter.space !== undefined && { space: filter.space }),
    ...(filter.start !== undefined && { start: filter.start }),
    ...(filter.entityId !== undefined && { entity_id: filter.entityId }),
    ...(filter.owner !== undefined && { owner_index: store.index('owner', filter.owner) }),
    ...(filter.externalId !== undefined && { external_index: store.index('external', filter.externalId) }),
    ...(filter.name !== undefined && { name_index: store.index('name', filter.name) }),
    ...(column && cursor.unset && { [column]: null }),
  };
  const ordered = column && !cursor.unset;
  return {
    where,
    descending,
    limit: batch,
    ...(ordered && { orderBy: column, above: { column, value: -1 } }),
    ...(!isFirst && { after: { value: cursor.value, id: cursor.id } }),
  };
}

const after = (value: number | null, bound: number | undefined): boolean =>
  bound === undefined || (value !== null && value > bound);
const before = (value: number | null, bound: number | undefined): boolean =>
  bound === undefined || (value !== null && value < bound);

/** Whether a filter names a credential, judged by the credential alone. */
export function matchesCredential(credential: Credential, filter: CredentialFilter, nowMillis: number): boolean {
  const { row, body } = credential;
  const equals = (value: string | null, wanted: string | undefined) => wanted === undefined || value === wanted;
  return (
    equals(body.owner, filter.owner) &&
    equals(body.apiKey?.externalId ?? '', filter.externalId) &&
    equals(body.name, filter.name) &&
    equals(row.space, filter.space) &&
    equals(row.start, filter.start) &&
    equals(row.entity_id, filter.entityId) &&
    matchesFilter(credential, { filter, nowMillis })
  );
}

/** What the columns alone cannot say. */
function matchesFilter(
  credential: Credential,
  { filter, nowMillis }: Pick<CredentialPageRequest, 'filter' | 'nowMillis'>,
): boolean {
  const { row, body } = credential;
  return (
    (filter.tag === undefined || body.tags.includes(filter.tag)) &&
    (filter.scope === undefined || (body.apiKey?.scopes ?? []).includes(filter.scope)) &&
    (filter.policy === undefined || body.policies.includes(filter.policy)) &&
    (filter.state === undefined || stateOf(credential, nowMillis) === filter.state) &&
    after(row.created_millis, filter.createdAfterMillis) &&
    before(row.created_millis, filter.createdBeforeMillis) &&
    after(row.expire_millis, filter.expiresAfterMillis) &&
    before(row.expire_millis, filter.expiresBeforeMillis) &&
    after(row.last_used_millis, filter.usedAfterMillis) &&
    before(row.last_used_millis, filter.usedBeforeMillis) &&
    (filter.unusedSinceMillis === undefined || (row.last_used_millis ?? row.created_millis) < filter.unusedSinceMillis)
  );
}
