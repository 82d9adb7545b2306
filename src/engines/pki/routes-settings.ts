import { type AnyRoute, access, field, type Mount, route } from '../../core/index.ts';
import { formatShortDuration, type JsonObject, StrongroomError } from '../../lib/index.ts';
import { nextIssuerName } from './operations/generate-root.ts';
import { requireUrls } from './operations/issuers.ts';
import type { PkiParts } from './parts.ts';
import { type PkiStore, readConfig, requireIssuer, requireKey, withConfig } from './pki-store.ts';
import type { PkiConfig } from './records.ts';
import { keyRoutes } from './routes-keys.ts';
import { maintenanceRoutes } from './routes-maintenance.ts';
import { tidyRoutes } from './routes-tidy.ts';

export function settingRoutes(parts: PkiParts): AnyRoute[] {
  return [...configRoutes(parts), ...keyRoutes(parts), ...maintenanceRoutes(parts), ...tidyRoutes(parts)];
}

function change(
  pki: PkiStore,
  mount: Mount,
  decide: (config: PkiConfig) => PkiConfig | Promise<PkiConfig>,
): Promise<PkiConfig> {
  return withConfig(pki, mount, async ({ config }) => {
    const next = await decide(config);
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
  write: (mount: Mount, sent: Readonly<Record<string, unknown>>, warn: (text: string) => void) => Promise<PkiConfig>,
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
        data: show(
          await write(request.mount, request.fields as Readonly<Record<string, unknown>>, (text) => request.warn(text)),
        ),
      }),
    }),
  ];
}

function configRoutes({ pki }: PkiParts): AnyRoute[] {
  const urls = {
    issuing_certificates: field.list().optional(),
    crl_distribution_points: field.list().optional(),
    delta_crl_distribution_points: field.list().optional(),
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
    ...pair(pki, 'crl', 'how revocation lists are made', crl, showCrlConfig, (mount, sent, warn) => {
      if (sent['ocsp_disable'] === false) warn('OCSP is not served by this release: ocsp_disable stays true.');
      return writeCrlConfig(pki, mount, sent);
    }),
    ...pair(
      pki,
      'issuers',
      'which issuer is the default',
      { default: field.text().optional(), default_follows_latest_issuer: field.boolean().optional() },
      showIssuers,
      (mount, sent, warn) => writeDefaultIssuer(pki, mount, sent, warn),
    ),
    route({
      id: 'pki.root.replace',
      verb: 'POST',
      path: 'root/replace',
      summary: 'Makes the root that root/rotate made, or another issuer, the default.',
      access: access.capability,
      fields: { default: field.text().optional() },
      handle: async (request) => {
        const sent = { default: request.fields.default || nextIssuerName };
        return { data: showIssuers(await writeDefaultIssuer(pki, request.mount, sent, (text) => request.warn(text))) };
      },
    }),
    ...pair(pki, 'keys', 'which key is the default', { default: field.text() }, showKeys, (mount, sent) =>
      change(pki, mount, async (config) => ({
        ...config,
        defaultKey: (await requireKey(pki, mount, String(sent['default']), config)).id,
      })),
    ),
  ];
}

async function writeDefaultIssuer(
  pki: PkiStore,
  mount: Mount,
  sent: Readonly<Record<string, unknown>>,
  warn: (text: string) => void,
): Promise<PkiConfig> {
  const ref = sent['default'] as string | undefined;
  const next = await change(pki, mount, async (config) => ({
    ...config,
    defaultIssuer: ref === undefined ? config.defaultIssuer : (await requireIssuer(pki, mount, ref, config)).id,
    followsLatest: (sent['default_follows_latest_issuer'] as boolean | undefined) ?? config.followsLatest,
  }));
  const issuer = (await pki.issuers.read(mount, next.defaultIssuer))?.body;
  if (issuer?.keyId === '')
    warn('The key of this issuer is not here: nothing is issued by default until it is imported.');
  if (issuer && issuer.revokedMillis !== null) warn('This issuer was revoked: nothing is issued by default.');
  return next;
}

function writeUrls(pki: PkiStore, mount: Mount, sent: Readonly<Record<string, unknown>>): Promise<PkiConfig> {
  if (sent['enable_templating'] === true) {
    throw new StrongroomError('invalid_field', 'enable_templating is not supported', {
      hint: 'write the addresses out',
    });
  }
  if (((sent['delta_crl_distribution_points'] as readonly string[] | undefined) ?? []).length > 0) {
    throw new StrongroomError('invalid_field', 'delta_crl_distribution_points is not supported', {
      hint: 'lists are whole: leave it out',
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
