import {
  type AnyRoute,
  access,
  credentialNotFound,
  field,
  listCredentials,
  listFields,
  readFilter,
  readLimit,
  readOrder,
  route,
} from '../../core/index.ts';
import { StrongroomError } from '../../lib/index.ts';
import { type KeyStore, placeOf } from './key-store.ts';
import { changeKey, setState } from './operations/change-key.ts';
import { createKey } from './operations/create-key.ts';
import { deleteSpace } from './operations/delete-space.ts';
import { rotateKey, rotateSelf } from './operations/rotate-key.ts';
import { verifyBatch } from './operations/verify-batch.ts';
import { verifyKey } from './operations/verify-key.ts';
import { writeSpace } from './operations/write-space.ts';
import { readPatch } from './read-patch.ts';
import { showKey } from './show-key.ts';
import { showSpace } from './space.ts';

const limits = {
  rate_limits: field.objects(8).optional(),
  credits: field.integer().optional(),
  refill_amount: field.integer().optional(),
  refill_interval: field.seconds().optional(),
};
const spaceFields = {
  space: field.text(),
  prefix: field.text().optional(),
  env: field.text().optional(),
  default_ttl: field.seconds().optional(),
  max_ttl: field.seconds().optional(),
  require_expiry: field.boolean().optional(),
  allowed_scopes: field.list().optional(),
  default_scopes: field.list().optional(),
  policies: field.list().optional(),
  bound_cidrs: field.list().optional(),
  ...limits,
  max_live_keys_per_owner: field.integer().optional(),
  overlap: field.seconds().optional(),
  on_reuse: field.word(['event', 'revoke_family']).optional(),
  on_leak: field.text().optional(),
  unused_after: field.seconds().optional(),
  on_unused: field.text().optional(),
  revealable: field.boolean().optional(),
  disabled: field.boolean().optional(),
  metadata: field.keyValues().optional(),
};
const keyFields = {
  name: field.text().optional(),
  owner: field.text().optional(),
  contact: field.text().optional(),
  external_id: field.text().optional(),
  scopes: field.list().optional(),
  policies: field.list().optional(),
  ttl: field.seconds().optional(),
  expire_time: field.timeMillis().optional(),
  not_before: field.timeMillis().optional(),
  bound_cidrs: field.list().optional(),
  ...limits,
  cert_thumbprint: field.text().optional(),
  tags: field.list().optional(),
  metadata: field.keyValues().optional(),
};
const verifyFields = {
  key: field.secretText(),
  scopes: field.list().optional(),
  scope_mode: field.word(['all', 'any']).optional(),
  address: field.text().optional(),
  cert_thumbprint: field.text().optional(),
  cost: field.integer().optional(),
  request_id: field.text().optional(),
};
const rotateFields = { overlap: field.seconds().optional(), ttl: field.seconds().optional() };
const id = { id: field.text() };

export function apiKeyRoutes(keys: KeyStore): AnyRoute[] {
  return [...spaceRoutes(keys), ...keyRoutes(keys), ...stateRoutes(keys), ...verifyRoutes(keys)];
}

function spaceRoutes(keys: KeyStore): AnyRoute[] {
  return [
    route({
      id: 'key.space.list',
      verb: 'LIST',
      path: 'spaces',
      summary: 'Lists the spaces.',
      access: access.capability,
      fields: {},
      handle: async ({ mount }) => ({ data: { keys: await keys.spaces.names(mount) } }),
    }),
    route({
      id: 'key.space.read',
      verb: 'GET',
      path: 'spaces/:space',
      summary: 'Shows a space.',
      access: access.capability,
      fields: { space: field.text() },
      handle: async ({ mount, fields }) => {
        const record = await keys.spaces.read(mount, fields.space);
        if (!record) throw new StrongroomError('not_found', '', { hint: 'there is no such space' });
        return { data: showSpace(record.body) };
      },
    }),
    route({
      id: 'key.space.write',
      verb: 'POST',
      path: 'spaces/:space',
      summary: 'Makes a space, or changes what was sent of one.',
      access: access.capability,
      fields: spaceFields,
      handle: (request) => writeSpace(keys, request),
    }),
    route({
      id: 'key.space.delete',
      verb: 'DELETE',
      path: 'spaces/:space',
      summary: 'Deletes a space; while live keys exist only with force, which revokes them.',
      access: access.capability,
      fields: { space: field.text(), force: field.boolean().optional() },
      handle: (request) => deleteSpace(keys, request),
    }),
  ];
}

function keyRoutes(keys: KeyStore): AnyRoute[] {
  return [
    route({
      id: 'key.create',
      verb: 'POST',
      path: 'keys',
      summary: 'Makes an API key. The key is in this answer only.',
      access: access.capability,
      fields: { space: field.text().optional(), ...keyFields },
      handle: async (request) => {
        const data = await createKey(keys, request);
        return { data, subject: String(data['id']) };
      },
    }),
    route({
      id: 'key.list',
      verb: 'LIST',
      path: 'keys',
      summary: 'Lists API keys by filters, a page at a time.',
      access: access.capability,
      fields: {
        ...listFields,
        space: field.text().optional(),
        external_id: field.text().optional(),
        scope: field.text().optional(),
      },
      handle: async ({ mount, fields, nowMillis }) => {
        const page = await listCredentials(keys.credentials, {
          place: placeOf(mount),
          filter: readFilter(fields, nowMillis),
          ...readOrder(fields.sort),
          limit: readLimit(fields.limit),
          cursor: fields.after ?? '',
          nowMillis,
        });
        const shown = page.credentials.map(
          (credential) => [credential.row.id, showKey(credential, nowMillis)] as const,
        );
        return { data: { key_info: Object.fromEntries(shown), keys: shown.map(([key]) => key), next: page.next } };
      },
    }),
    route({
      id: 'key.read',
      verb: 'GET',
      path: 'keys/:id',
      summary: 'Shows an API key, never the key itself.',
      access: access.capability,
      fields: id,
      handle: async ({ mount, fields, nowMillis }) => {
        const credential = await keys.credentials.find(placeOf(mount), fields.id);
        if (!credential) throw credentialNotFound('key');
        return { data: showKey(credential, nowMillis) };
      },
    }),
    route({
      id: 'key.update',
      verb: 'POST',
      path: 'keys/:id',
      summary: 'Changes what was sent of an API key.',
      access: access.capability,
      fields: { ...keyFields, ...id },
      handle: async (request) => ({ data: await changeKey(keys, request, request.fields, false) }),
    }),
    route({
      id: 'key.patch',
      verb: 'PATCH',
      path: 'keys/:id',
      summary: 'Changes what was sent of an API key; a null takes a value away.',
      access: access.capability,
      fields: { ...field.nullable({ ...keyFields, metadata: field.object().optional() }), ...id },
      handle: async (request) => ({ data: await changeKey(keys, request, readPatch(request.fields), true) }),
    }),
    route({
      id: 'key.delete',
      verb: 'DELETE',
      path: 'keys/:id',
      summary: 'Deletes an API key with everything that is known of it.',
      access: access.capability,
      fields: id,
      handle: async ({ mount, fields }) => {
        const credential = await keys.credentials.find(placeOf(mount), fields.id);
        if (!credential) return;
        const { namespace, id: key } = credential.row;
        await keys.core.store.commit([{ kind: 'delete', table: 'credentials', key: { namespace, id: key } }]);
      },
    }),
    route({
      id: 'key.rotate',
      verb: 'POST',
      path: 'keys/:id/rotate',
      summary: 'Makes a new key in place of an old one; both are good until the overlap ends.',
      access: access.capability,
      fields: { ...id, ...rotateFields },
      handle: async (request) => ({ data: await rotateKey(keys, request), subject: request.fields.id }),
    }),
    route({
      id: 'key.rotate_self',
      verb: 'POST',
      path: 'rotate-self',
      summary: 'Rotates the calling API key.',
      access: access.authenticated('a key may always replace itself'),
      fields: rotateFields,
      handle: async (request) => ({ data: await rotateSelf(keys, request) }),
    }),
  ];
}

function stateRoutes(keys: KeyStore): AnyRoute[] {
  const states = { revoke: 'revoked', disable: 'disabled', enable: 'active' } as const;
  const summaries = {
    revoke: 'Revokes an API key for good.',
    disable: 'Puts an API key out of use until it is enabled.',
    enable: 'Puts a disabled API key back into use.',
  };
  return (['revoke', 'disable', 'enable'] as const).map((verb) =>
    route({
      id: `key.${verb}`,
      verb: 'POST',
      path: `keys/:id/${verb}`,
      summary: summaries[verb],
      access: access.capability,
      fields: { ...id, reason: field.text().optional() },
      handle: (request) => setState(keys, request, states[verb]),
    }),
  );
}

const maxBatch = 100;

function verifyRoutes(keys: KeyStore): AnyRoute[] {
  return [
    route({
      id: 'key.verify',
      verb: 'POST',
      path: 'verify',
      summary: 'Checks an API key that somebody presented. Answers 200 for a bad one too.',
      access: access.capability,
      fields: verifyFields,
      handle: async (request) => ({ data: await verifyKey(keys, request, request.fields) }),
    }),
    route({
      id: 'key.verify_batch',
      verb: 'POST',
      path: 'verify/batch',
      summary: 'Checks up to 100 API keys; the results are in their order.',
      access: access.capability,
      fields: { items: field.objects(maxBatch) },
      handle: async (request) => ({ data: { results: await verifyBatch(keys, request, verifyFields) } }),
    }),
  ];
}
