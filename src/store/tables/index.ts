import { type ColumnValues, describeTable, type TableShape } from './definition.ts';

/**
 * The tables, as every database behind the port must hold them. Each row also has `version` (1 for a new row, one more
 * at every change) and `sealed` (everything that is not clear, sealed with the clear columns as associated data).
 * Identifiers named `…_index` are keyed digests: equal values can be found, none can be read.
 */
export const tables = {
  /** One row a live service token; revoking deletes it. `id` is the keyed hash of the token. */
  tokens: describeTable({
    key: ['namespace', 'id'],
    columns: {
      namespace: 'text',
      id: 'text',
      accessor_index: 'text',
      parent: 'text?',
      entity_id: 'text?',
      mount: 'text?',
      created_millis: 'integer',
      expire_millis: 'integer?',
    },
    counters: { uses_left: 'integer?' },
  }),
  /** What an engine must take back when its time is over. `token` owns it; without the token it is dead. */
  leases: describeTable({
    key: ['namespace', 'id'],
    columns: {
      namespace: 'text',
      id: 'text',
      token: 'text?',
      mount: 'text',
      issued_millis: 'integer',
      expire_millis: 'integer?',
    },
    counters: { due_millis: 'integer?' },
  }),
  /** API keys and personal access tokens. `lookup` is the keyed hash of the credential. */
  credentials: describeTable({
    key: ['namespace', 'id'],
    columns: {
      namespace: 'text',
      id: 'text',
      kind: 'text',
      mount: 'text',
      space: 'text',
      lookup: 'text',
      state: 'text',
      start: 'text',
      family: 'text',
      entity_id: 'text?',
      owner_index: 'text?',
      external_index: 'text?',
      name_index: 'text?',
      created_millis: 'integer',
      expire_millis: 'integer?',
    },
    counters: {
      credits_left: 'integer?',
      refilled_millis: 'integer?',
      use_count: 'integer',
      last_used_millis: 'integer?',
      last_used_address: 'text?',
      last_used_agent: 'text?',
    },
  }),
  /** Every certificate a CA here ever signed, until it has expired and the clean-up has passed. `id` is the serial in hex. */
  certificates: describeTable({
    key: ['namespace', 'mount', 'id'],
    columns: {
      namespace: 'text',
      mount: 'text',
      id: 'text',
      issuer: 'text',
      state: 'text',
      entity_id: 'text?',
      created_millis: 'integer',
      expire_millis: 'integer?',
      revoked_millis: 'integer?',
    },
    counters: {},
  }),
  entities: describeTable({
    key: ['namespace', 'id'],
    columns: { namespace: 'text', id: 'text', name_index: 'text', state: 'text', created_millis: 'integer' },
    counters: {},
  }),
  aliases: describeTable({
    key: ['namespace', 'id'],
    columns: { namespace: 'text', id: 'text', entity_id: 'text', mount: 'text', name_index: 'text' },
    counters: {},
  }),
  policies: describeTable({
    key: ['namespace', 'id'],
    columns: { namespace: 'text', id: 'text', kind: 'text' },
    counters: {},
  }),
  mounts: describeTable({
    key: ['namespace', 'id'],
    columns: { namespace: 'text', id: 'text', kind: 'text', path: 'text', accessor: 'text' },
    counters: {},
  }),
  /** What any engine or auth method keeps, without a table of its own. `owner` ties a row to the token it dies with. */
  records: describeTable({
    key: ['namespace', 'mount', 'collection', 'id'],
    columns: {
      namespace: 'text',
      mount: 'text',
      collection: 'text',
      id: 'text',
      owner: 'text?',
      expire_millis: 'integer?',
    },
    counters: { count: 'integer?' },
  }),
  /** The few rows that are read before there is a key: how the root key is wrapped, and the wrapped keyring. */
  seal: describeTable({ key: ['namespace', 'id'], columns: { namespace: 'text', id: 'text' }, counters: {} }),
} as const satisfies Record<string, TableShape>;

export type { ColumnKind, TableShape, Value } from './definition.ts';
export type Tables = typeof tables;
export type TableName = keyof Tables;

type Clear<T extends TableName> = {
  -readonly [C in keyof Tables[T]['columns']]: Tables[T]['columns'][C] extends keyof ColumnValues
    ? ColumnValues[Tables[T]['columns'][C]]
    : never;
};
type Counters<T extends TableName> = {
  -readonly [C in keyof Tables[T]['counters']]: Tables[T]['counters'][C] extends keyof ColumnValues
    ? ColumnValues[Tables[T]['counters'][C]]
    : never;
};

/** The clear columns of a table's row. */
export type ClearColumns<T extends TableName> = Clear<T>;
/** The counters of a table's row. */
export type CounterColumns<T extends TableName> = Counters<T>;
/** A whole row as the database holds it. */
export type Row<T extends TableName> = Clear<T> & Counters<T> & { version: number; sealed: Buffer };
/** The columns that name one row. */
export type Key<T extends TableName> = Pick<Row<T>, Extract<Tables[T]['key'][number], keyof Row<T>>>;
