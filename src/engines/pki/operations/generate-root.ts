import type { Answer, EngineRequest } from '../../../core/index.ts';
import { newUuid } from '../../../crypto/index.ts';
import { StrongroomError } from '../../../lib/index.ts';
import {
  authorityProfile,
  type CertificateTemplate,
  canonicalDnsName,
  chooseScheme,
  formatSerial,
  issueCertificate,
  type NameConstraints,
  newSerial,
  requireIssuable,
  SubjectPublicKey,
  selfIssuer,
} from '../../../x509/index.ts';
import { certificatePem } from '../authority.ts';
import { requireKeyKind } from '../key-parameters.ts';
import { makeKey } from '../make-key.ts';
import { allIssuers, type PkiStore, readConfig, requireKey, requireName, withConfig } from '../pki-store.ts';
import { privateKeyText, privateKeyType, requirePrivateKeyFormat } from '../private-key-text.ts';
import { type IssuerRecord, issuerUsages, type KeyRecord, noLocations } from '../records.ts';
import { standInKey } from '../stand-in-key.ts';
import { buildSubject } from '../subject.ts';
import { decideValidity } from '../validity.ts';
import { commonNameAsName, readWantedNames, uniqueNames } from '../wanted-names.ts';
import { formatCertificate, requireFormat } from './answer-format.ts';
import type { AuthorityFields, KeyFields } from './authority-fields.ts';
import { recordCertificate } from './record-certificate.ts';

type RootFields = AuthorityFields & KeyFields & { readonly issuer_name?: string | undefined };

const noAddresses =
  "This mount hasn't configured any authority information access (AIA) fields; this may make it harder for systems to find missing certificates in the chain or to validate revocation status of certificates. Consider updating /config/urls or the newly generated issuer with this information.";

/** A self-signed CA: key made in the preferred home, certificate signed by it, both recorded. */
export async function generateRoot(pki: PkiStore, request: EngineRequest<RootFields>): Promise<Answer> {
  const { fields, mount } = request;
  const format = requireFormat(fields.format);
  requirePrivateKeyFormat(fields.private_key_format);
  const issuerName = await requireFreeIssuerName(pki, request, fields.issuer_name);
  const { config } = await readConfig(pki, mount);
  // Whatever is wrong with the wish is said before a key is made.
  const draft = draftTemplate(pki, request);
  const existing =
    fields.type === 'existing' ? (await requireKey(pki, mount, fields.key_ref ?? 'default', config)).body : undefined;
  await requireIssuableRoot(draft, existing ? publicKeyOf(existing) : await standInFor(fields), fields);
  const made = existing
    ? { record: existing, exported: undefined }
    : await makeKey(pki, mount, {
        type: fields.type,
        keyType: fields.key_type ?? 'rsa',
        bits: fields.key_bits ?? 0,
        name: fields.key_name,
      });
  const publicKey = publicKeyOf(made.record);
  const scheme = chooseScheme(publicKey.algorithm, fields.signature_bits, fields.use_pss);
  const template: CertificateTemplate = { ...draft, publicKey };
  const sign = (tbs: Uint8Array) => pki.core.keys.of(made.record.home).sign(made.record.homeId, scheme, tbs);
  const issued = await issueCertificate({ template, issuer: selfIssuer(template, scheme), sign });
  const issuer = newIssuer(pki, { name: issuerName, key: made.record, der: issued.der });
  await withConfig(pki, mount, async ({ config: stored }) => ({
    next: {
      ...stored,
      defaultIssuer: stored.defaultIssuer === '' || stored.followsLatest ? issuer.id : stored.defaultIssuer,
      defaultKey: stored.defaultKey === '' ? made.record.id : stored.defaultKey,
      issuerGeneration: stored.issuerGeneration + 1,
    },
    changes: [
      pki.issuers.insert(mount, issuer.id, issuer),
      recordCertificate(pki, request, issued, {
        issuerId: issuer.id,
        commonName: fields.common_name ?? '',
        role: '',
        isAuthority: true,
      }),
    ],
    result: undefined,
  }));
  if (config.locations.issuingCertificates.length === 0) request.warn(noAddresses);
  const keyText = made.exported && privateKeyText(made.exported, format, fields.private_key_format ?? '');
  const texts = formatCertificate(format, issued.der, [certificatePem(issued.der)], keyText);
  return {
    data: {
      certificate: texts.certificate,
      expiration: issued.notAfterSeconds,
      not_before: issued.notBeforeSeconds,
      issuer_id: issuer.id,
      issuer_name: issuer.name,
      issuing_ca: texts.issuing_ca,
      key_id: made.record.id,
      key_name: made.record.name,
      ...(made.exported &&
        keyText !== undefined && { private_key: keyText, private_key_type: privateKeyType(made.exported) }),
      serial_number: formatSerial(issued.serial),
    },
  };
}

export const publicKeyOf = (record: KeyRecord): SubjectPublicKey =>
  SubjectPublicKey.read(Buffer.from(record.publicKey, 'base64'));

/** A public key of the kind that these fields ask for. */
export function standInFor(fields: KeyFields): Promise<SubjectPublicKey> {
  const { keyType, bits } = requireKeyKind(fields.key_type ?? 'rsa', fields.key_bits ?? 0);
  return standInKey(keyType, bits);
}

function requireIssuableRoot(
  draft: Omit<CertificateTemplate, 'publicKey'>,
  publicKey: SubjectPublicKey,
  fields: RootFields,
): Promise<void> {
  const template = { ...draft, publicKey };
  const scheme = chooseScheme(publicKey.algorithm, fields.signature_bits, fields.use_pss);
  return requireIssuable(template, selfIssuer(template, scheme));
}

export function newIssuer(
  pki: PkiStore,
  parts: { readonly name: string; readonly key: KeyRecord | undefined; readonly der: Buffer },
): IssuerRecord {
  return {
    id: newUuid(pki.core.random),
    name: parts.name,
    keyId: parts.key?.id ?? '',
    certificate: parts.der.toString('base64'),
    manualChain: [],
    leafNotAfterBehavior: 'err',
    usage: issuerUsages,
    locations: noLocations,
    revokedMillis: null,
    createdMillis: pki.core.clock.nowMillis(),
  };
}

export async function requireFreeIssuerName(
  pki: PkiStore,
  request: Pick<EngineRequest<unknown>, 'mount'>,
  wished: string | undefined,
): Promise<string> {
  const name = requireName(wished, 'issuer name');
  if (name !== '' && (await allIssuers(pki, request.mount)).some((record) => record.body.name === name)) {
    throw new StrongroomError('invalid_request', 'issuer name already in use', {
      hint: 'choose another, or leave it out',
    });
  }
  return name;
}

/**
 * Constraints as RFC 5280 4.2.1.10 has them: a leading dot is left out, since a name stands for itself and what is below.
 * One that is no domain would permit nothing, or something else to each reader: refused.
 */
export function nameConstraints(domains: readonly string[] | undefined): NameConstraints | undefined {
  const permitted = (domains ?? [])
    .filter((domain) => domain !== '')
    .map((domain) => ({ kind: 'dns' as const, base: requireDomain(domain.replace(/^\./, '')) }));
  return permitted.length === 0 ? undefined : { permitted, excluded: [] };
}

function requireDomain(domain: string): string {
  const name = canonicalDnsName(domain);
  if (name !== undefined) return name;
  throw new StrongroomError('invalid_field', `${JSON.stringify(domain.slice(0, 64))} is not a DNS domain`, {
    hint: 'permitted_dns_domains takes domains such as example.test, without wildcards',
  });
}

function draftTemplate(pki: PkiStore, request: EngineRequest<RootFields>): Omit<CertificateTemplate, 'publicKey'> {
  const { fields, mount, nowMillis } = request;
  const commonName = fields.common_name ?? '';
  if (commonName === '')
    throw new StrongroomError('missing_field', 'the common_name field is required', { hint: 'send "common_name"' });
  const around = { mount, settings: pki.core.settings, nowMillis };
  const validity = decideValidity(
    {
      ttlSeconds: fields.ttl,
      notAfter: fields.not_after ?? '',
      roleTtlSeconds: 0,
      roleMaxSeconds: 0,
      notBefore: fields.not_before ?? '',
      notBeforeSeconds: fields.not_before_duration ?? 30,
    },
    around,
    undefined,
  );
  for (const warning of validity.warnings) request.warn(warning);
  const pathLength = fields.max_path_length ?? -1;
  const constraints = nameConstraints(fields.permitted_dns_domains);
  const own = fields.exclude_cn_from_sans === true ? undefined : commonNameAsName(commonName);
  const names = uniqueNames([...(own ? [own] : []), ...readWantedNames(fields)]);
  return {
    serial: newSerial(pki.core.random),
    subject: buildSubject(commonName, fields),
    notBeforeSeconds: validity.notBeforeSeconds,
    notAfterSeconds: validity.notAfterSeconds,
    ...authorityProfile(pathLength < 0 ? undefined : pathLength),
    ...(names.length > 0 && { alternativeNames: names }),
    ...(constraints && { nameConstraints: constraints }),
  };
}
