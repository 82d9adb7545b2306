import { sql } from 'drizzle-orm';
import { blob, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';

/** The tables of `../tables` for SQLite. `drizzle-kit generate` turns a change here into a migration. */
const sealedColumns = {
  version: integer('version').notNull(),
  sealed: blob('sealed', { mode: 'buffer' }).notNull(),
};

export const tokens = sqliteTable(
  'tokens',
  {
    namespace: text('namespace').notNull(),
    id: text('id').notNull(),
    accessor_index: text('accessor_index').notNull(),
    parent: text('parent'),
    entity_id: text('entity_id'),
    mount: text('mount'),
    created_millis: integer('created_millis').notNull(),
    expire_millis: integer('expire_millis'),
    uses_left: integer('uses_left'),
    ...sealedColumns,
  },
  (t) => [
    primaryKey({ columns: [t.namespace, t.id] }),
    uniqueIndex('tokens_accessor').on(t.namespace, t.accessor_index),
    index('tokens_parent').on(t.namespace, t.parent).where(sql`parent IS NOT NULL`),
    index('tokens_entity').on(t.namespace, t.entity_id).where(sql`entity_id IS NOT NULL`),
    index('tokens_expire').on(t.expire_millis).where(sql`expire_millis IS NOT NULL`),
    index('tokens_mount').on(t.namespace, t.mount).where(sql`mount IS NOT NULL`),
  ],
);

export const leases = sqliteTable(
  'leases',
  {
    namespace: text('namespace').notNull(),
    id: text('id').notNull(),
    token: text('token'),
    mount: text('mount').notNull(),
    issued_millis: integer('issued_millis').notNull(),
    expire_millis: integer('expire_millis'),
    due_millis: integer('due_millis'),
    ...sealedColumns,
  },
  (t) => [
    primaryKey({ columns: [t.namespace, t.id] }),
    index('leases_token').on(t.namespace, t.token),
    index('leases_mount').on(t.namespace, t.mount),
    index('leases_due').on(t.due_millis).where(sql`due_millis IS NOT NULL`),
  ],
);

export const credentials = sqliteTable(
  'credentials',
  {
    namespace: text('namespace').notNull(),
    id: text('id').notNull(),
    kind: text('kind').notNull(),
    mount: text('mount').notNull(),
    space: text('space').notNull(),
    lookup: text('lookup').notNull(),
    state: text('state').notNull(),
    start: text('start').notNull(),
    family: text('family').notNull(),
    entity_id: text('entity_id'),
    owner_index: text('owner_index'),
    external_index: text('external_index'),
    name_index: text('name_index'),
    created_millis: integer('created_millis').notNull(),
    expire_millis: integer('expire_millis'),
    credits_left: integer('credits_left'),
    refilled_millis: integer('refilled_millis'),
    use_count: integer('use_count').notNull(),
    last_used_millis: integer('last_used_millis'),
    last_used_address: text('last_used_address'),
    last_used_agent: text('last_used_agent'),
    ...sealedColumns,
  },
  (t) => [
    primaryKey({ columns: [t.namespace, t.id] }),
    uniqueIndex('credentials_lookup').on(t.namespace, t.lookup),
    index('credentials_owner').on(t.namespace, t.owner_index).where(sql`owner_index IS NOT NULL`),
    index('credentials_entity').on(t.namespace, t.entity_id).where(sql`entity_id IS NOT NULL`),
    index('credentials_space').on(t.namespace, t.mount, t.space),
    index('credentials_expire').on(t.expire_millis).where(sql`expire_millis IS NOT NULL`),
  ],
);

export const certificates = sqliteTable(
  'certificates',
  {
    namespace: text('namespace').notNull(),
    mount: text('mount').notNull(),
    id: text('id').notNull(),
    issuer: text('issuer').notNull(),
    state: text('state').notNull(),
    entity_id: text('entity_id'),
    created_millis: integer('created_millis').notNull(),
    expire_millis: integer('expire_millis'),
    revoked_millis: integer('revoked_millis'),
    ...sealedColumns,
  },
  (t) => [
    primaryKey({ columns: [t.namespace, t.mount, t.id] }),
    index('certificates_revoked').on(t.namespace, t.mount, t.revoked_millis).where(sql`revoked_millis IS NOT NULL`),
    index('certificates_revoked_serial').on(t.namespace, t.id).where(sql`revoked_millis IS NOT NULL`),
    index('certificates_entity').on(t.namespace, t.entity_id).where(sql`entity_id IS NOT NULL`),
    index('certificates_expire').on(t.expire_millis).where(sql`expire_millis IS NOT NULL`),
  ],
);

export const entities = sqliteTable(
  'entities',
  {
    namespace: text('namespace').notNull(),
    id: text('id').notNull(),
    name_index: text('name_index').notNull(),
    state: text('state').notNull(),
    created_millis: integer('created_millis').notNull(),
    ...sealedColumns,
  },
  (t) => [primaryKey({ columns: [t.namespace, t.id] }), uniqueIndex('entities_name').on(t.namespace, t.name_index)],
);

export const aliases = sqliteTable(
  'aliases',
  {
    namespace: text('namespace').notNull(),
    id: text('id').notNull(),
    entity_id: text('entity_id').notNull(),
    mount: text('mount').notNull(),
    name_index: text('name_index').notNull(),
    ...sealedColumns,
  },
  (t) => [
    primaryKey({ columns: [t.namespace, t.id] }),
    uniqueIndex('aliases_name').on(t.namespace, t.mount, t.name_index),
    uniqueIndex('aliases_entity').on(t.namespace, t.entity_id, t.mount),
  ],
);

export const policies = sqliteTable(
  'policies',
  {
    namespace: text('namespace').notNull(),
    id: text('id').notNull(),
    kind: text('kind').notNull(),
    ...sealedColumns,
  },
  (t) => [primaryKey({ columns: [t.namespace, t.id] })],
);

export const mounts = sqliteTable(
  'mounts',
  {
    namespace: text('namespace').notNull(),
    id: text('id').notNull(),
    kind: text('kind').notNull(),
    path: text('path').notNull(),
    accessor: text('accessor').notNull(),
    ...sealedColumns,
  },
  (t) => [
    primaryKey({ columns: [t.namespace, t.id] }),
    uniqueIndex('mounts_path').on(t.namespace, t.kind, t.path),
    uniqueIndex('mounts_accessor').on(t.namespace, t.accessor),
  ],
);

export const records = sqliteTable(
  'records',
  {
    namespace: text('namespace').notNull(),
    mount: text('mount').notNull(),
    collection: text('collection').notNull(),
    id: text('id').notNull(),
    owner: text('owner'),
    expire_millis: integer('expire_millis'),
    count: integer('count'),
    ...sealedColumns,
  },
  (t) => [
    primaryKey({ columns: [t.namespace, t.mount, t.collection, t.id] }),
    index('records_owner').on(t.namespace, t.owner).where(sql`owner IS NOT NULL`),
    index('records_expire').on(t.expire_millis).where(sql`expire_millis IS NOT NULL`),
  ],
);

export const seal = sqliteTable(
  'seal',
  { namespace: text('namespace').notNull(), id: text('id').notNull(), ...sealedColumns },
  (t) => [primaryKey({ columns: [t.namespace, t.id] })],
);
