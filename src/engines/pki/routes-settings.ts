import { type AnyRoute, access, field, type Mount, route } from '../../core/index.ts';
import { formatShortDuration, type JsonObject, StrongroomError } from '../../lib/index.ts';
import { SubjectPublicKey } from '../../x509/index.ts';
import { destroyKey, makeKey } from './make-key.ts';
import { readIssuer, requireUrls } from './operations/issuers.ts';
import type { PkiParts } from './parts.ts';
import { allIssuers, allKeys, type PkiStore, readConfig, requireKey, requireName, withConfig } from './pki-store.ts';
import { privateKeyText } from './private-key-text.ts';
import type { KeyRecord, PkiConfig } from './records.ts';
import { maintenanceRoutes } from './routes-maintenance.ts';

export function settingRoutes(parts: PkiParts): AnyRoute[] {
  return [...configRoutes(parts), ...keyRoutes(parts), ...maintenanceRoutes(parts)];
}

async function change(pki: PkiStore, mount: Mount, decide: (config: PkiConfig) => PkiConfig): Promise<PkiConfig> {
  return withConfig(pki, mount, async ({ config }) => {
    const next = decide(config);
    return { next, changes: [], result: next };
  });
}

const showUrls = (config: PkiConfig): JsonObject => ({
  crl_distribution_points: config.locations.crlDistributionPoints,
  delta_crl_distribution_points: [],
  enable_templating: false,
  issuing_certificates: config.locations.issuingCertificates,
  ocsp_servers: config.locations.ocspServers,
});
const showCrlConfig = (config: PkiConfig): JsonObject => ({
  allow_expired_cert_revocation: false,
  auto_rebuild: false,
  auto_rebuild_grace_period: '12h',
  delta_rebuild_interval: '15m',
  disable: config.crlDisabled,
  enable_delta: false,
  expiry: formatShortDuration(config.crlExpirySeconds),
  ocsp_disable: true,
  ocsp_expiry: '1h',
});
const showIssuers = (config: PkiConfig): JsonObject => ({
  default: config.defaultIssuer,
  default_follows_latest_issuer: config.followsLatest,
});
const showKeys = (config: PkiConfig): JsonObject => ({ default: config.defaultKey });

function pair<F extends Parameters<typeof route>[0]['fields']>(
  pki: PkiStore,
  name: string,
  what: string,
  fields: F,
  show: (config: PkiConfig) => JsonObject,
  write: (mount: Mount, sent: Readonly<Record<string, unknown>>) => Promise<PkiConfig>,
): AnyRoute[] {
  return [
    route({
      id: `pki.config_${name}.read`,
      verb: 'GET',
      path: `config/${name}`,
      summary: `Shows ${what}.`,
      access: access.capability,
      fields: {},
      handle: async ({ mount }) => ({ data: show((await readConfig(pki, mount)).config) }),
    }),
    route({
      id: `pki.config_${name}.write`,
      verb: 'POST',
      path: `config/${name}`,
      summary: `Changes ${what}.`,
      access: access.capability,
      fields,
      handle: async (request) => ({
        data: show(await write(request.mount, request.fields as Readonly<Record<string, unknown>>)),
      }),
    }),
  ];
}

function configRoutes({ pki }: PkiParts): AnyRoute[] {
  const urls = {
    issuing_certificates: field.list().optional(),
    crl_distribution_points: field.list().optional(),
    ocsp_servers: field.list().optional(),
    enable_templating: field.boolean().optional(),
  };
  const crl = {
    expiry: field.seconds().optional(),
    disable: field.boolean().optional(),
    ocsp_disable: field.boolean().optional(),
    ocsp_expiry: field.seconds().optional(),
    auto_rebuild: field.boolean().optional(),
    auto_rebuild_grace_period: field.seconds().optional(),
    enable_delta: field.boolean().optional(),
    delta_rebuild_interval: field.seconds().optional(),
    allow_expired_cert_revocation: field.boolean().optional(),
  };
  return [
    ...pair(pki, 'urls', 'the addresses written into certificates', urls, showUrls, (mount, sent) =>
      writeUrls(pki, mount, sent),
    ),
    ...pair(pki, 'crl', 'how revocation lists are made', crl, showCrlConfig, (mount, sent) =>
      writeCrlConfig(pki, mount, sent),
    ),
    ...pair(
      pki,
      'issuers',
      'which issuer is the default',
      { default: field.text().optional(), default_follows_latest_issuer: field.boolean().optional() },
      showIssuers,
      async (mount, sent) => {
        const ref = sent['default'] as string | undefined;
        const issuer = ref === undefined ? undefined : await readIssuer(pki, mount, ref);
        return change(pki, mount, (config) => ({
          ...config,
          defaultIssuer: issuer?.id ?? config.defaultIssuer,
          followsLatest: (sent['default_follows_latest_issuer'] as boolean | undefined) ?? config.followsLatest,
        }));
      },
    ),
    ...pair(pki, 'keys', 'which key is the default', { default: field.text() }, showKeys, async (mount, sent) => {
      const { config } = await readConfig(pki, mount);
      const key = await requireKey(pki, mount, String(sent['default']), config);
      return change(pki, mount, (before) => ({ ...before, defaultKey: key.id }));
    }),
  ];
}

function writeUrls(pki: PkiStore, mount: Mount, sent: Readonly<Record<string, unknown>>): Promise<PkiConfig> {
  if (sent['enable_templating'] === true) {
    throw new StrongroomError('invalid_field', 'enable_templating is not supported', {
      hint: 'write the addresses out',
    });
  }
  const list = (name: string, before: readonly string[]): readonly string[] =>
    sent[name] === undefined ? before : requireUrls(sent[name] as readonly string[], name);
  return change(pki, mount, (config) => ({
    ...config,
    locations: {
      issuingCertificates: list('issuing_certificates', config.locations.issuingCertificates),
      crlDistributionPoints: list('crl_distribution_points', config.locations.crlDistributionPoints),
      ocspServers: list('ocsp_servers', config.locations.ocspServers),
    },
  }));
}

function writeCrlConfig(pki: PkiStore, mount: Mount, sent: Readonly<Record<string, unknown>>): Promise<PkiConfig> {
  for (const name of ['auto_rebuild', 'enable_delta', 'allow_expired_cert_revocation']) {
    if (sent[name] === true)
      throw new StrongroomError('invalid_field', `${name} is not supported`, {
        hint: 'lists are whole, and made anew at each revocation',
      });
  }
  const expiry = sent['expiry'] as number | undefined;
  if (expiry !== undefined && (expiry < 60 || expiry > 31_536_000)) {
    throw new StrongroomError('invalid_field', 'expiry is out of range', { hint: 'a minute to a year' });
  }
  return change(pki, mount, (config) => ({
    ...config,
    crlExpirySeconds: expiry ?? config.crlExpirySeconds,
    crlDisabled: (sent['disable'] as boolean | undefined) ?? config.crlDisabled,
  }));
}

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

function keyRoutes({ pki }: PkiParts): AnyRoute[] {
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
      handle: async ({ mount, fields }) => ({ data: await showKey(pki, (await find(mount, fields.key_ref)).body) }),
    }),
    route({
      id: 'pki.key.write',
      verb: 'POST',
      path: 'key/:key_ref',
      summary: 'Names a private key.',
      access: access.capability,
      fields: { ...ref, key_name: field.text().optional() },
      handle: async ({ mount, fields }) => {
        const record = await find(mount, fields.key_ref);
        const name = requireName(fields.key_name, 'key name');
        if (
          name !== '' &&
          (await allKeys(pki, mount)).some((other) => other.id !== record.id && other.body.name === name)
        ) {
          throw new StrongroomError('invalid_request', 'key name already in use', { hint: 'choose another' });
        }
        const renamed = { ...record.body, name };
        await pki.core.store.commit([pki.keys.update(record, renamed)]);
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
      handle: async ({ mount, fields }) => {
        const record = await find(mount, fields.key_ref);
        if ((await allIssuers(pki, mount)).some((issuer) => issuer.body.keyId === record.id)) {
          throw new StrongroomError('invalid_request', 'the key is in use by an issuer', {
            hint: 'delete the issuer first',
          });
        }
        await destroyKey(pki, mount, record.body);
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
