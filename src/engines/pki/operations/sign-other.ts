import type { Answer, EngineRequest } from '../../../core/index.ts';
import { StrongroomError } from '../../../lib/index.ts';
import {
  attributeValues,
  authorityProfile,
  type CertificateTemplate,
  decodeDistinguishedName,
  fitKeyUsage,
  formatSerial,
  issueCertificate,
  newSerial,
  parseCsrAside,
} from '../../../x509/index.ts';
import { type Authority, lifeOf } from '../authority.ts';
import { type PkiStore, readConfig, requireIssuer } from '../pki-store.ts';
import { defaultRole } from '../role.ts';
import { buildSubject } from '../subject.ts';
import { readKeyUsages, readPurposes } from '../usages.ts';
import { decideValidity, type Validity } from '../validity.ts';
import { commonNameAsName, readWantedNames, uniqueNames } from '../wanted-names.ts';
import { formatCertificate, requireFormat } from './answer-format.ts';
import type { AuthorityFields } from './authority-fields.ts';
import { commitIssued } from './commit-issued.ts';
import { nameConstraints, requirePathLength } from './generate-root.ts';
import { addressExtensions, type LeafParts, locationsOf } from './issue-leaf.ts';
import { recordCertificate } from './record-certificate.ts';

type IntermediateFields = AuthorityFields & {
  readonly csr?: string | undefined;
  readonly issuer_ref?: string | undefined;
  readonly use_csr_values?: boolean | undefined;
};

interface VerbatimFields {
  readonly csr?: string | undefined;
  readonly issuer_ref?: string | undefined;
  readonly role?: string | undefined;
  readonly key_usage?: readonly string[] | undefined;
  readonly ext_key_usage?: readonly string[] | undefined;
  readonly ext_key_usage_oids?: readonly string[] | undefined;
  readonly ttl?: number | undefined;
  readonly not_after?: string | undefined;
  readonly format?: string | undefined;
  readonly remove_roots_from_chain?: boolean | undefined;
}

async function loadIssuer(
  parts: LeafParts,
  request: EngineRequest<{ readonly issuer_ref?: string | undefined }>,
): Promise<{ authority: Authority; locations: ReturnType<typeof locationsOf> }> {
  const { config } = await readConfig(parts.pki, request.mount);
  const record = await requireIssuer(parts.pki, request.mount, request.fields.issuer_ref ?? 'default', config);
  const authority = await parts.authorities.load(request.mount, record, config, 'issuing-certificates');
  return { authority, locations: locationsOf(authority, config.locations) };
}

function validityUnder(
  pki: PkiStore,
  request: EngineRequest<{
    readonly ttl?: number | undefined;
    readonly not_after?: string | undefined;
    readonly not_before?: string | undefined;
    readonly not_before_duration?: number | undefined;
  }>,
  authority: Authority,
): Validity {
  const { fields } = request;
  const validity = decideValidity(
    {
      ttlSeconds: fields.ttl,
      notAfter: fields.not_after ?? '',
      roleTtlSeconds: 0,
      roleMaxSeconds: 0,
      notBefore: fields.not_before ?? '',
      notBeforeSeconds: fields.not_before_duration ?? 30,
    },
    { mount: request.mount, settings: pki.core.settings, nowMillis: request.nowMillis },
    lifeOf(authority),
  );
  for (const warning of validity.warnings) request.warn(warning);
  return validity;
}

async function issueAndRecord(
  parts: LeafParts,
  request: EngineRequest<{
    readonly format?: string | undefined;
    readonly remove_roots_from_chain?: boolean | undefined;
  }>,
  authority: Authority,
  template: CertificateTemplate,
  wish: { readonly commonName: string; readonly isAuthority: boolean },
): Promise<Answer> {
  const format = requireFormat(request.fields.format);
  const issued = await issueCertificate({ template, issuer: authority.issuer, sign: authority.sign });
  const issuerId = authority.record.id;
  await commitIssued(parts.pki, request.mount, issuerId, [
    recordCertificate(parts.pki, request, issued, { issuerId, role: '', ...wish }),
  ]);
  const short = request.fields.remove_roots_from_chain === true && authority.endsInRoot;
  const texts = formatCertificate(format, issued.der, short ? authority.chainPem.slice(0, -1) : authority.chainPem);
  return {
    data: {
      ca_chain: texts.ca_chain,
      certificate: texts.certificate,
      expiration: issued.notAfterSeconds,
      not_before: issued.notBeforeSeconds,
      issuing_ca: formatCertificate(format, issued.der, authority.chainPem).issuing_ca,
      serial_number: formatSerial(issued.serial),
    },
  };
}

/** Signs the request of a CA below this one. */
export async function signIntermediate(parts: LeafParts, request: EngineRequest<IntermediateFields>): Promise<Answer> {
  const { fields } = request;
  const csr = await parseCsrAside(fields.csr ?? '');
  const { authority, locations } = await loadIssuer(parts, request);
  const useCsr = fields.use_csr_values === true;
  const csrName = attributeValues(decodeDistinguishedName(csr.subject), 'commonName')[0] ?? '';
  const commonName = useCsr ? csrName : fields.common_name || csrName;
  const own = fields.exclude_cn_from_sans === true || commonName === '' ? undefined : commonNameAsName(commonName);
  const names = useCsr ? csr.alternativeNames : uniqueNames([...(own ? [own] : []), ...readWantedNames(fields)]);
  const validity = validityUnder(parts.pki, request, authority);
  const constraints = nameConstraints(fields.permitted_dns_domains);
  const template: CertificateTemplate = {
    serial: newSerial(parts.pki.core.random),
    subject: useCsr ? csr.subject : buildSubject(commonName, fields),
    publicKey: csr.publicKey,
    notBeforeSeconds: validity.notBeforeSeconds,
    notAfterSeconds: validity.notAfterSeconds,
    insecurePermitBeyondIssuer: validity.insecurePermitBeyondIssuer,
    ...authorityProfile(pathLengthBelow(authority, requirePathLength(fields.max_path_length))),
    ...(names.length > 0 && { alternativeNames: names }),
    ...(constraints && { nameConstraints: constraints }),
    ...addressExtensions(locations),
  };
  return issueAndRecord(parts, request, authority, template, { commonName, isAuthority: true });
}

/** One shorter than the issuer's, unless a shorter one still is asked for; none where the issuer has none. */
function pathLengthBelow(authority: Authority, wished: number): number | undefined {
  const above = authority.issuer.pathLength;
  if (wished >= 0) return wished;
  return above === undefined ? undefined : Math.max(0, above - 1);
}

/** Signs what a request says, unchecked by any role. Its subject and names are taken as they are; never a CA. */
export async function signVerbatim(parts: LeafParts, request: EngineRequest<VerbatimFields>): Promise<Answer> {
  const { fields } = request;
  const csr = await parseCsrAside(fields.csr ?? '');
  if (csr.basicConstraints?.ca === true) {
    throw new StrongroomError('invalid_request', 'the CSR asks for a CA certificate', {
      hint: 'use sign-intermediate',
    });
  }
  const { authority, locations } = await loadIssuer(parts, request);
  const validity = validityUnder(parts.pki, request, authority);
  const usages = readKeyUsages(fields.key_usage ?? defaultRole.keyUsage);
  const purposes = readPurposes(fields.ext_key_usage ?? [], fields.ext_key_usage_oids ?? []);
  const extended = purposes.length > 0 ? purposes : (csr.extendedKeyUsage ?? []);
  const template: CertificateTemplate = {
    serial: newSerial(parts.pki.core.random),
    subject: csr.subject,
    publicKey: csr.publicKey,
    notBeforeSeconds: validity.notBeforeSeconds,
    notAfterSeconds: validity.notAfterSeconds,
    insecurePermitBeyondIssuer: validity.insecurePermitBeyondIssuer,
    keyUsage: fitKeyUsage(usages, csr.publicKey.kind),
    ...(extended.length > 0 && { extendedKeyUsage: extended }),
    ...(csr.alternativeNames.length > 0 && { alternativeNames: csr.alternativeNames }),
    ...addressExtensions(locations),
  };
  const commonName = attributeValues(csr.subjectAttributes, 'commonName')[0] ?? '';
  return issueAndRecord(parts, request, authority, template, { commonName, isAuthority: false });
}
