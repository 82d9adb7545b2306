import type { Answer, EngineRequest, Mount, StoredRecord } from '../../../core/index.ts';
import { formatTime, type JsonObject, StrongroomError } from '../../../lib/index.ts';
import { formatSerial, isHttpUrl, SubjectPublicKey } from '../../../x509/index.ts';
import { certificatePem, findChain, readCertificate } from '../authority.ts';
import { allIssuers, type PkiStore, readConfig, requireIssuer, withConfig } from '../pki-store.ts';
import { type IssuerRecord, type IssuerUsage, issuerUsages, type Locations, noLocations } from '../records.ts';
import { requireSchemeOf } from '../signature-names.ts';
import { requireFreeIssuerName } from './generate-root.ts';

export interface IssuerFields {
  readonly issuer_ref: string;
  readonly issuer_name?: string | undefined;
  readonly leaf_not_after_behavior?: 'err' | 'truncate' | 'permit' | undefined;
  readonly manual_chain?: readonly string[] | undefined;
  readonly usage?: readonly string[] | undefined;
  readonly issuing_certificates?: readonly string[] | undefined;
  readonly crl_distribution_points?: readonly string[] | undefined;
  readonly ocsp_servers?: readonly string[] | undefined;
  readonly revocation_signature_algorithm?: string | undefined;
  readonly delta_crl_distribution_points?: readonly string[] | undefined;
  readonly enable_aia_url_templating?: boolean | undefined;
}

function refuse(message: string, hint: string): never {
  throw new StrongroomError('invalid_field', message, { hint });
}

export function requireUrls(urls: readonly string[], name: string): readonly string[] {
  if (urls.length > 16) refuse(`${name}: too many addresses`, '16 at most');
  // Nothing could be issued with it.
  if (new Set(urls).size !== urls.length) refuse(`${name}: an address stands twice`, 'write it once');
  const bad = urls.find((url) => !isHttpUrl(url));
  if (bad !== undefined)
    refuse(`invalid URL found in ${name}`, 'write http://ca.example.com/… ; templates are not supported');
  return urls;
}

export async function showIssuer(pki: PkiStore, mount: Mount, record: IssuerRecord): Promise<JsonObject> {
  const chain = await findChain(pki, mount, record);
  return {
    ca_chain: chain.map((member) => `${certificatePem(member.der)}\n`),
    certificate: `${certificatePem(readCertificate(record).der)}\n`,
    crl_distribution_points: record.locations.crlDistributionPoints,
    delta_crl_distribution_points: [],
    enable_aia_url_templating: false,
    issuer_id: record.id,
    issuer_name: record.name,
    issuing_certificates: record.locations.issuingCertificates,
    key_id: record.keyId,
    leaf_not_after_behavior: record.leafNotAfterBehavior,
    manual_chain: record.manualChain.length === 0 ? null : record.manualChain,
    ocsp_servers: record.locations.ocspServers,
    revocation_signature_algorithm: record.listAlgorithm ?? '',
    revoked: record.revokedMillis !== null,
    ...(record.revokedMillis !== null && {
      revocation_time: Math.floor(record.revokedMillis / 1000),
      revocation_time_rfc3339: formatTime(record.revokedMillis),
    }),
    usage: [...record.usage].sort().join(','),
  };
}

export async function listIssuers(pki: PkiStore, mount: Mount): Promise<Answer> {
  const { config } = await readConfig(pki, mount);
  const issuers = await allIssuers(pki, mount);
  if (issuers.length === 0) throw new StrongroomError('not_found', '', { hint: 'generate or import a CA first' });
  const info = issuers.map(({ body }) => [
    body.id,
    {
      is_default: body.id === config.defaultIssuer,
      issuer_name: body.name,
      key_id: body.keyId,
      serial_number: formatSerial(readCertificate(body).serial),
    },
  ]);
  return { data: { key_info: Object.fromEntries(info), keys: issuers.map(({ id }) => id) } };
}

export async function readIssuer(pki: PkiStore, mount: Mount, ref: string): Promise<StoredRecord<IssuerRecord>> {
  const { config } = await readConfig(pki, mount);
  return requireIssuer(pki, mount, ref, config);
}

function readUsage(names: readonly string[]): readonly IssuerUsage[] {
  const usages = names.map(
    (name) =>
      issuerUsages.find((usage) => usage === name) ??
      refuse(`unknown usage ${JSON.stringify(name.slice(0, 32))}`, issuerUsages.join(', ')),
  );
  return [...new Set(usages)];
}

/** A revoked issuer never gets the right to issue back. */
function usageOf(issuer: IssuerRecord, usage: readonly IssuerUsage[], asked: boolean): readonly IssuerUsage[] {
  if (issuer.revokedMillis === null || !usage.includes('issuing-certificates')) return usage;
  if (asked) refuse('this issuer was revoked: it may not issue again', 'leave issuing-certificates out of usage');
  return usage.filter((name) => name !== 'issuing-certificates');
}

/** POST replaces every setting, PATCH those that were sent. */
export async function writeIssuer(
  pki: PkiStore,
  request: EngineRequest<IssuerFields>,
  patch: boolean,
): Promise<Answer> {
  const { fields, mount } = request;
  const next = await withConfig(pki, mount, async ({ config }) => {
    const record = await requireIssuer(pki, mount, fields.issuer_ref, config);
    const result = await changedIssuer(pki, mount, fields, record.body, patch);
    return {
      next: { ...config, issuerGeneration: config.issuerGeneration + 1 },
      changes: [pki.issuers.update(record, result)],
      result,
    };
  });
  return { data: await showIssuer(pki, mount, next) };
}

async function changedIssuer(
  pki: PkiStore,
  mount: Mount,
  fields: IssuerFields,
  before: IssuerRecord,
  patch: boolean,
): Promise<IssuerRecord> {
  const base: IssuerRecord = patch
    ? before
    : {
        ...before,
        name: '',
        manualChain: [],
        leafNotAfterBehavior: 'err',
        usage: issuerUsages,
        locations: noLocations,
        listAlgorithm: '',
      };
  if ((fields.delta_crl_distribution_points ?? []).length > 0)
    refuse('delta_crl_distribution_points is not supported', 'lists are whole: leave it out');
  if (fields.enable_aia_url_templating === true)
    refuse('enable_aia_url_templating is not supported', 'write the addresses out');
  const listAlgorithm = fields.revocation_signature_algorithm ?? base.listAlgorithm ?? '';
  if (listAlgorithm !== '')
    requireSchemeOf(listAlgorithm, SubjectPublicKey.read(readCertificate(before).spki).algorithm);
  const wished = fields.issuer_name ?? base.name;
  const locations: Locations = {
    issuingCertificates: requireUrls(
      fields.issuing_certificates ?? base.locations.issuingCertificates,
      'issuing_certificates',
    ),
    crlDistributionPoints: requireUrls(
      fields.crl_distribution_points ?? base.locations.crlDistributionPoints,
      'crl_distribution_points',
    ),
    ocspServers: requireUrls(fields.ocsp_servers ?? base.locations.ocspServers, 'ocsp_servers'),
  };
  return {
    ...base,
    name: wished === before.name ? wished : await requireFreeIssuerName(pki, mount, wished),
    leafNotAfterBehavior: fields.leaf_not_after_behavior ?? base.leafNotAfterBehavior,
    manualChain: fields.manual_chain
      ? await readManualChain(pki, mount, before.id, fields.manual_chain)
      : base.manualChain,
    usage: usageOf(before, fields.usage ? readUsage(fields.usage) : base.usage, fields.usage !== undefined),
    locations,
    listAlgorithm,
  };
}

const longestChain = 16;

async function readManualChain(
  pki: PkiStore,
  mount: Mount,
  own: string,
  refs: readonly string[],
): Promise<readonly string[]> {
  if (refs.length > longestChain) refuse('manual_chain is too long', `${longestChain} issuers at most`);
  const ids: string[] = [];
  for (const ref of refs) ids.push(ref === 'self' ? own : (await readIssuer(pki, mount, ref)).id);
  if (ids.length > 0 && ids[0] !== own) refuse('manual_chain must begin with the issuer itself', 'put its id first');
  if (new Set(ids).size !== ids.length) refuse('manual_chain names an issuer twice', 'name each once, upwards');
  return ids;
}

export async function deleteIssuer(
  pki: PkiStore,
  request: EngineRequest<{ readonly issuer_ref: string }>,
): Promise<void> {
  const { mount } = request;
  const ref = request.fields.issuer_ref;
  const deleted = await withConfig(pki, mount, async ({ config }) => {
    const { id } = await requireIssuer(pki, mount, ref, config);
    const wasDefault = config.defaultIssuer === id;
    return {
      next: {
        ...config,
        defaultIssuer: wasDefault ? '' : config.defaultIssuer,
        issuerGeneration: config.issuerGeneration + 1,
      },
      changes: [pki.issuers.remove(mount, id)],
      result: { id, wasDefault },
    };
  });
  if (deleted.wasDefault)
    request.warn(
      `Deleted issuer ${deleted.id} (via issuer_ref ${ref}); this was configured as the default issuer. Operations without an explicit issuer will not work until a new default is configured.`,
    );
}
