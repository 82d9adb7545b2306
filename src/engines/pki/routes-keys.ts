import { type AnyRoute, access, field, type Mount, route } from '../../core/index.ts';
import { type JsonObject, StrongroomError } from '../../lib/index.ts';
import { SubjectPublicKey } from '../../x509/index.ts';
import { deleteKey, makeKey, requireFreeKeyName } from './make-key.ts';
import { importOneKey } from './operations/import-bundle.ts';
import type { PkiParts } from './parts.ts';
import { allKeys, type PkiStore, readConfig, requireKey, requireName, withConfig } from './pki-store.ts';
import { privateKeyText } from './private-key-text.ts';
import type { KeyRecord } from './records.ts';

/** A key as it is shown, with what its home says of its protection, read back from there. */
async function showKey(pki: PkiStore, key: KeyRecord): Promise<JsonObject> {
  const described = await pki.core.keys.of(key.home).describe(key.homeId);
  const publicKey = SubjectPublicKey.read(Buffer.from(key.publicKey, 'base64'));
  return {
    home: key.home,
    key_bits: key.bits,
    key_id: key.id,
    key_name: key.name,
    key_type: key.keyType,
    subject_key_id: (publicKey.keyIdentifier().toString('hex').match(/../g) ?? []).join(':'),
    ...(described && {
      protection: {
        always_sensitive: described.attributes.alwaysSensitive,
        extractable: described.attributes.extractable,
        local: described.attributes.local,
        never_extractable: described.attributes.neverExtractable,
        sensitive: described.attributes.sensitive,
      },
      ...(described.tokenSerial !== undefined && { token_serial: described.tokenSerial }),
    }),
  };
}

export function keyRoutes({ pki }: PkiParts): AnyRoute[] {
  const ref = { key_ref: field.text() };
  const find = async (mount: Mount, keyRef: string) =>
    requireKey(pki, mount, keyRef, (await readConfig(pki, mount)).config);
  return [
    route({
      id: 'pki.key.list',
      verb: 'LIST',
      path: 'keys',
      summary: 'Lists the private keys of the mount.',
      access: access.capability,
      fields: {},
      handle: async ({ mount }) => {
        const [keys, { config }] = [await allKeys(pki, mount), await readConfig(pki, mount)];
        if (keys.length === 0) throw new StrongroomError('not_found', '', { hint: 'there are no keys yet' });
        const info = keys.map(({ body }) => [
          body.id,
          { is_default: body.id === config.defaultKey, key_name: body.name },
        ]);
        return { data: { key_info: Object.fromEntries(info), keys: keys.map(({ id }) => id) } };
      },
    }),
    route({
      id: 'pki.key.read',
      verb: 'GET',
      path: 'key/:key_ref',
      summary: 'Shows a private key: where it is and how it is kept, never the key.',
      access: access.capability,
      fields: ref,
      handle: async (request) => {
        const { body } = await find(request.mount, request.fields.key_ref);
        const data = await showKey(pki, body);
        if (data['protection'] === undefined)
          request.warn(`Key ${body.id} is not in its home any more: nothing can be signed with it. Delete it.`);
        return { data };
      },
    }),
    route({
      id: 'pki.key.write',
      verb: 'POST',
      path: 'key/:key_ref',
      summary: 'Names a private key.',
      access: access.capability,
      fields: { ...ref, key_name: field.text().optional() },
      handle: async ({ mount, fields }) => {
        const name = requireName(fields.key_name, 'key name');
        const renamed = await withConfig(pki, mount, async ({ config }) => {
          const record = await requireKey(pki, mount, fields.key_ref, config);
          requireFreeKeyName(await allKeys(pki, mount), name, record.id);
          const result = { ...record.body, name };
          return { next: config, changes: [pki.keys.update(record, result)], result };
        });
        return { data: await showKey(pki, renamed) };
      },
    }),
    route({
      id: 'pki.key.delete',
      verb: 'DELETE',
      path: 'key/:key_ref',
      summary: 'Destroys a private key that no issuer uses.',
      access: access.capability,
      fields: ref,
      handle: ({ mount, fields }) => deleteKey(pki, mount, fields.key_ref),
    }),
    route({
      id: 'pki.key.import',
      verb: 'POST',
      path: 'keys/import',
      summary: 'Takes in one private key, as PEM. Issuers whose certificate came without it are linked to it.',
      access: access.capability,
      fields: { pem_bundle: field.secretText(), key_name: field.text().optional() },
      handle: async ({ mount, fields }) => {
        const { id, name, keyType } = await importOneKey(pki, mount, fields.pem_bundle, fields.key_name);
        return { data: { key_id: id, key_name: name, key_type: keyType } };
      },
    }),
    route({
      id: 'pki.key.generate',
      verb: 'POST',
      path: 'keys/generate/:type',
      summary: 'Makes a private key.',
      access: access.capability,
      fields: {
        type: field.text(),
        key_type: field.text().optional(),
        key_bits: field.integer().optional(),
        key_name: field.text().optional(),
      },
      handle: async ({ mount, fields }) => {
        const made = await makeKey(pki, mount, {
          type: fields.type,
          keyType: fields.key_type ?? 'rsa',
          bits: fields.key_bits ?? 0,
          name: fields.key_name,
        });
        const { id, name, keyType } = made.record;
        return {
          data: {
            key_id: id,
            key_name: name,
            key_type: keyType,
            ...(made.exported && { private_key: privateKeyText(made.exported, 'pem', '') }),
          },
        };
      },
    }),
  ];
}
