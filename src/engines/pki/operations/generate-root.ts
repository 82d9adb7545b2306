import type { Answer, EngineRequest, Mount } from '../../../core/index.ts';
import { newUuid } from '../../../crypto/index.ts';
import { StrongroomError } from '../../../lib/index.ts';
import {
  authorityProfile,
  type CertificateTemplate,
  canonicalDnsName,
  formatSerial,
  issueCertificate,
  type NameConstraints,
  newSerial,
  SubjectPublicKey,
  selfIssuer,
} from '../../../x509/index.ts';
import { certificatePem } from '../authority.ts';
import { type MadeKey, withExistingKey, withNewKey } from '../make-key.ts';
import { allIssuers, type PkiStore, readConfig, requireKey, requireName, withConfig } from '../pki-store.ts';
import { privateKeyText, privateKeyType } from '../private-key-text.ts';
import { type IssuerRecord, issuerUsages, type KeyRecord, noLocations } from '../records.ts';
import { buildSubject } from '../subject.ts';
import { decideValidity } from '../validity.ts';
import { commonNameAsName, readWantedNames, uniqueNames } from '../wanted-names.ts';
import { formatCertificate } from './answer-format.ts';
import type { AuthorityFields, KeyFields } from './authority-fields.ts';
import { type AuthorityKeyWish, readKeyWish } from './authority-key-wish.ts';
import { recordCertificate } from './record-certificate.ts';

type RootFields = AuthorityFields & KeyFields & { readonly issuer_name?: string | undefined };

const noAddresses =
  "This mount hasn't configured any authority information access (AIA) fields; this may make it harder for systems to find missing certificates in the chain or to validate revocation status of certificates. Consider updating /config/urls or the newly generated issuer with this information.";

/** A self-signed CA: key made in the preferred home, certificate signed by it, both recorded. */
export function generateRoot(pki: PkiStore, request: EngineRequest<RootFields>): Promise<Answer> {
  return makeRoot(pki, request, true);
}

/** A root to come after the one in use: named `next` unless told otherwise, and not the default before `root/replace`. */
export function rotateRoot(pki: PkiStore, request: EngineRequest<RootFields>): Promise<Answer> {
  const { fields } = request;
  return makeRoot(pki, { ...request, fields: { ...fields, issuer_name: fields.issuer_name || nextIssuerName } }, false);
}

/** The name of a root that is to become the default. */
export const nextIssuerName = 'next';

async function makeRoot(pki: PkiStore, request: EngineRequest<RootFields>, followed: boolean): Promise<Answer> {
  const { fields, mount } = request;
  const wish = readKeyWish(fields);
  await requireFreeIssuerName(pki, mount, fields.issuer_name);
  const { config } = await readConfig(pki, mount);
  // Whatever is wrong with the wish is said before a key is made.
  const draft = draftTemplate(pki, request);
  if (config.locations.issuingCertificates.length === 0) request.warn(noAddresses);
  if (fields.type !== 'existing')
    return withNewKey(pki, mount, wish.key, (made) => selfSign(pki, request, wish, draft, made, followed));
  return withExistingKey(pki, mount, fields.key_ref ?? 'default', (made) =>
    selfSign(pki, request, wish, draft, made, followed),
  );
}

async function selfSign(
  pki: PkiStore,
  request: EngineRequest<RootFields>,
  wish: AuthorityKeyWish,
  draft: Omit<CertificateTemplate, 'publicKey'>,
  made: MadeKey,
  followed: boolean,
): Promise<Answer> {
  const { fields, mount } = request;
  const { format } = wish;
  const publicKey = SubjectPublicKey.read(Buffer.from(made.record.publicKey, 'base64'));
  const scheme = wish.schemeFor(publicKey.algorithm);
  const template: CertificateTemplate = { ...draft, publicKey };
  const sign = (tbs: Uint8Array) => pki.core.keys.of(made.record.home).sign(made.record.homeId, scheme, tbs);
  const issued = await issueCertificate({ template, issuer: selfIssuer(template, scheme), sign });
  const issuer = await withConfig(pki, mount, async ({ config: stored }) => {
    const key = await requireKey(pki, mount, made.record.id, stored);
    const name = await requireFreeIssuerName(pki, mount, fields.issuer_name);
    const result = newIssuer(pki, { name, key: key.body, der: issued.der });
    return {
      next: {
        ...stored,
        defaultIssuer:
          stored.defaultIssuer === '' || (followed && stored.followsLatest) ? result.id : stored.defaultIssuer,
        defaultKey: stored.defaultKey === '' ? made.record.id : stored.defaultKey,
        issuerGeneration: stored.issuerGeneration + 1,
      },
      changes: [
        pki.issuers.insert(mount, result.id, result),
        recordCertificate(pki, request, issued, {
          issuerId: result.id,
          commonName: fields.common_name ?? '',
          role: '',
          isAuthority: true,
        }),
      ],
      result,
    };
  });
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

export async function requireFreeIssuerName(pki: PkiStore, mount: Mount, wished: string | undefined): Promise<string> {
  const name = requireName(wished, 'issuer name');
  if (name !== '' && (await allIssuers(pki, mount)).some(({ id, body }) => body.name === name || id === name)) {
    throw new StrongroomError('invalid_request', 'issuer name already in use', {
      hint: 'choose another, or leave it out',
    });
  }
  return name;
}

const longestPath = 255;

/** How many CAs may stand below this one, as it was asked for; -1 when that is left open. */
export function requirePathLength(wished = -1): number {
  if (wished >= -1 && wished <= longestPath) return wished;
  throw new StrongroomError('invalid_field', 'max_path_length is out of range', {
    hint: `0 to ${longestPath}, or -1 for as many as the issuer allows`,
  });
}

const maxConstraints = 100;

/**
 * Constraints as RFC 5280 4.2.1.10 has them: a leading dot is left out, since a name stands for itself and what is below.
 * What is no name is refused: an empty one would permit everything.
 */
export function nameConstraints(domains: readonly string[] | undefined): NameConstraints | undefined {
  const wished = (domains ?? []).filter((domain) => domain !== '');
  if (wished.length === 0) return undefined;
  if (wished.length > maxConstraints) refuseDomains('too many permitted_dns_domains', `${maxConstraints} at most`);
  const permitted = wished.map((domain) => {
    const base = canonicalDnsName(domain.replace(/^\./, ''));
    if (base === undefined)
      return refuseDomains('permitted_dns_domains holds what is no DNS name', 'write example.com');
    return { kind: 'dns' as const, base };
  });
  return { permitted, excluded: [] };
}

function refuseDomains(message: string, hint: string): never {
  throw new StrongroomError('invalid_field', message, { hint });
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
      roleNotAfter: '',
      roleTtlSeconds: 0,
      roleMaxSeconds: 0,
      notBefore: fields.not_before ?? '',
      notBeforeSeconds: fields.not_before_duration ?? 30,
    },
    around,
    undefined,
  );
  for (const warning of validity.warnings) request.warn(warning);
  const pathLength = requirePathLength(fields.max_path_length);
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
