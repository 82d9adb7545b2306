import type { Answer, EngineRequest, StoredRecord } from '../../../core/index.ts';
import { generatePortableKey, type PortableKey } from '../../../crypto/index.ts';
import { StrongroomError } from '../../../lib/index.ts';
import {
  attributeValues,
  type CertificateTemplate,
  type CertificationRequest,
  type GeneralName,
  issueCertificate,
  matchesTextPattern,
  newSerial,
  parseCsrAside,
  requireIssuable,
  SubjectPublicKey,
} from '../../../x509/index.ts';
import { type Authorities, type Authority, chooseSigner, lifeOf } from '../authority.ts';
import { keyAlgorithm, requireKeyKind } from '../key-parameters.ts';
import { isNameAllowed, requireAllowedCommonName, requireAllowedNames } from '../name-rules.ts';
import { type PkiStore, readConfig, requireIssuer } from '../pki-store.ts';
import { requirePrivateKeyFormat } from '../private-key-text.ts';
import type { Locations } from '../records.ts';
import { type PkiRole, rolesPurposes, rolesSubject } from '../role.ts';
import { standInKey } from '../stand-in-key.ts';
import { buildSubject } from '../subject.ts';
import { usagesLeftOut, usagesOfKey } from '../usages.ts';
import { decideValidity, type Validity } from '../validity.ts';
import {
  canonicalCommonName,
  commonNameAsName,
  type NameFields,
  readWantedNames,
  uniqueNames,
} from '../wanted-names.ts';
import { requireFormat } from './answer-format.ts';
import { answerLeaf } from './answer-leaf.ts';

export interface LeafFields extends NameFields {
  readonly role?: string | undefined;
  readonly issuer_ref?: string | undefined;
  readonly csr?: string | undefined;
  readonly serial_number?: string | undefined;
  readonly ttl?: number | undefined;
  readonly not_before?: string | undefined;
  readonly not_after?: string | undefined;
  readonly format?: string | undefined;
  readonly private_key_format?: string | undefined;
  readonly remove_roots_from_chain?: boolean | undefined;
  readonly user_ids?: readonly string[] | undefined;
  readonly key_type?: string | undefined;
  readonly key_bits?: number | undefined;
}

export interface LeafParts {
  readonly pki: PkiStore;
  readonly authorities: Authorities;
}

const refuse = (message: string, hint: string): never => {
  throw new StrongroomError('invalid_request', message, { hint });
};

/** Issues a certificate with a new key, which is in this answer only. */
export async function issueLeaf(parts: LeafParts, request: EngineRequest<LeafFields>): Promise<Answer> {
  const role = await requireRole(parts.pki, request);
  const wish = roleKeyKind(role.body, request.fields);
  requirePrivateKeyFormat(request.fields.private_key_format);
  return finish(parts, request, role, async (rehearse) => {
    // Making an RSA key takes far longer than finding out that it would not be certified.
    if (wish.keyType === 'rsa') await rehearse(await standInKey(wish.keyType, wish.bits));
    const key = await generatePortableKey(keyAlgorithm(wish.keyType, wish.bits));
    return { publicKey: SubjectPublicKey.read(key.spki), key };
  });
}

/** Signs a request for a key made elsewhere, within what the role allows. */
export async function signLeaf(parts: LeafParts, request: EngineRequest<LeafFields>): Promise<Answer> {
  const role = await requireRole(parts.pki, request);
  const csr = await parseCsrAside(request.fields.csr ?? '');
  requireRoleKey(role.body, csr.publicKey);
  return finish(parts, request, role, async () => ({ publicKey: csr.publicKey, key: undefined }), csr);
}

export async function requireRole(
  pki: PkiStore,
  request: EngineRequest<{ readonly role?: string | undefined }>,
): Promise<StoredRecord<PkiRole>> {
  const name = request.fields.role ?? '';
  return (
    (await pki.roles.read(request.mount, name)) ??
    refuse(`unknown role: ${name.slice(0, 128)}`, 'list the roles: LIST roles')
  );
}

function roleKeyKind(role: PkiRole, fields: LeafFields): ReturnType<typeof requireKeyKind> {
  if (role.keyType === 'any') return requireKeyKind(fields.key_type || 'rsa', fields.key_bits ?? 0);
  const kind = requireKeyKind(role.keyType, role.keyBits);
  const isOther = (fields.key_type || kind.keyType) !== kind.keyType || (fields.key_bits || kind.bits) !== kind.bits;
  if (isOther)
    refuse(
      `role makes keys of type ${kind.keyType}${kind.bits === 0 ? '' : ` and ${kind.bits} bits`}`,
      'leave key_type and key_bits out, or take a role with key_type "any"',
    );
  return kind;
}

function requireRoleKey(role: PkiRole, key: SubjectPublicKey): void {
  if (role.keyType === 'any') return;
  if (role.keyType !== key.kind)
    refuse(`role requires keys of type ${role.keyType}`, `the request has a key of type ${key.kind}`);
  const wanted = requireKeyKind(role.keyType, role.keyBits).bits;
  if (key.kind === 'rsa' && key.bits < wanted)
    refuse(`role requires a minimum of a ${wanted}-bit key, but CSR's key is ${key.bits} bits`, 'make a larger key');
  if (key.kind === 'ec' && key.bits !== wanted)
    refuse(
      `role requires a ${wanted}-bit key, but CSR's key is ${key.bits} bits`,
      'make a key on the curve of the role',
    );
}

interface LeafNames {
  readonly commonName: string;
  readonly names: readonly GeneralName[];
  readonly serialNumber: string;
}

/** Common name and alternative names: from the request where the role says so, else from the fields. */
function chooseNames(
  role: PkiRole,
  request: EngineRequest<LeafFields>,
  csr: CertificationRequest | undefined,
): LeafNames {
  const { fields } = request;
  const fromCsr = csr !== undefined && role.useCsrCommonName;
  const csrName = csr ? canonicalCommonName(attributeValues(csr.subjectAttributes, 'commonName')[0] ?? '') : '';
  const askedName = canonicalCommonName(fields.common_name ?? '');
  if (fromCsr && askedName !== '' && csrName !== '' && askedName !== csrName) {
    request.warn('the common_name field was provided but the role is set with "use_csr_common_name" set to true');
  }
  const commonName = fromCsr ? csrName || askedName : askedName;
  const sansFromCsr = csr !== undefined && role.useCsrSans;
  const asked = [fields.alt_names, fields.ip_sans, fields.uri_sans, fields.other_sans].some(
    (list) => (list?.length ?? 0) > 0,
  );
  if (sansFromCsr && asked)
    request.warn('names were provided but the role is set with "use_csr_sans" set to true: those of the CSR are used');
  const wanted = sansFromCsr ? readCsrNames(csr) : readWantedNames(fields);
  const excluded = fields.exclude_cn_from_sans === true;
  const own = excluded || commonName === '' ? undefined : commonNameAsName(commonName);
  const serialNumber =
    fields.serial_number ?? (csr ? (attributeValues(csr.subjectAttributes, 'serialNumber')[0] ?? '') : '');
  return {
    commonName,
    names: uniqueNames([...(own && isOwnNameAllowed(role, own) ? [own] : []), ...wanted]),
    serialNumber,
  };
}

/** A common name that is allowed only since its check is switched off is not also an alternative name. */
const isOwnNameAllowed = (role: PkiRole, own: GeneralName): boolean =>
  !role.cnValidations.includes('disabled') || !('value' in own) || isNameAllowed(role, own.value);

/** The names of a request, in the form in which they are issued; forms nobody judges are refused. */
function readCsrNames(csr: CertificationRequest): GeneralName[] {
  const list = (kind: GeneralName['kind']): string[] =>
    csr.alternativeNames.flatMap((name) => (name.kind === kind && 'value' in name ? [name.value] : []));
  if (csr.alternativeNames.some((name) => name.kind === 'directory' || name.kind === 'opaque')) {
    refuse('the CSR asks for a kind of name that is not supported', 'DNS, mail, IP, URI and UTF-8 other names are');
  }
  return readWantedNames({
    alt_names: [...list('dns'), ...list('email')],
    ip_sans: list('ip'),
    uri_sans: list('uri'),
    other_sans: csr.alternativeNames.flatMap((name) =>
      name.kind === 'other' ? [`${name.oid};UTF8:${name.value}`] : [],
    ),
  });
}

interface LeafKey {
  readonly publicKey: SubjectPublicKey;
  readonly key: PortableKey | undefined;
}

async function finish(
  parts: LeafParts,
  request: EngineRequest<LeafFields>,
  role: StoredRecord<PkiRole>,
  obtainKey: (rehearse: (publicKey: SubjectPublicKey) => Promise<void>) => Promise<LeafKey>,
  csr?: CertificationRequest,
): Promise<Answer> {
  const { pki } = parts;
  const { mount, fields } = request;
  requireFormat(fields.format);
  const chosen = chooseNames(role.body, request, csr);
  checkAgainstRole(role.body, chosen, fields.user_ids ?? []);
  const { config } = await readConfig(pki, mount);
  const issuerRecord = await requireIssuer(pki, mount, fields.issuer_ref ?? role.body.issuerRef, config);
  const authority = await parts.authorities.load(mount, issuerRecord, config, 'issuing-certificates');
  const validity = leafValidity(pki, request, role.body, authority);
  const templateFor = (publicKey: SubjectPublicKey): CertificateTemplate =>
    leafTemplate(pki, role.body, chosen, {
      publicKey,
      validity,
      userIds: fields.user_ids ?? [],
      locations: locationsOf(authority, config.locations),
    });
  const wishedScheme = { digestBits: role.body.signatureBits, pss: role.body.usePss };
  const { issuer, sign } = chooseSigner(authority, wishedScheme, request);
  const { publicKey, key } = await obtainKey((standIn) => requireIssuable(templateFor(standIn), issuer));
  const leftOut = usagesLeftOut(role.body.keyUsage, publicKey.kind);
  if (leftOut !== undefined) request.warn(leftOut);
  const issued = await issueCertificate({ template: templateFor(publicKey), issuer, sign });
  return answerLeaf(pki, request, {
    role: role.body,
    name: role.id,
    authority,
    issued,
    key,
    commonName: chosen.commonName,
  });
}

function checkAgainstRole(role: PkiRole, chosen: LeafNames, userIds: readonly string[]): void {
  requireAllowedCommonName(role, chosen.commonName);
  requireAllowedNames(role, chosen.names);
  if (
    chosen.serialNumber !== '' &&
    !role.allowedSerialNumbers.some((pattern) => matchesTextPattern(pattern, chosen.serialNumber))
  ) {
    refuse(
      `serial_number ${chosen.serialNumber.slice(0, 64)} not allowed by this role`,
      'see allowed_serial_numbers of the role',
    );
  }
  for (const userId of userIds) {
    if (!role.allowedUserIds.some((pattern) => matchesTextPattern(pattern, userId)))
      refuse(`user_id ${userId.slice(0, 64)} not allowed by this role`, 'see allowed_user_ids of the role');
  }
}

export interface ValidityFields {
  readonly ttl?: number | undefined;
  readonly not_before?: string | undefined;
  readonly not_after?: string | undefined;
}

/** The life that is asked for, within the limits of a role, the mount and the issuer. */
export function leafValidity(
  pki: PkiStore,
  request: EngineRequest<ValidityFields>,
  role: Pick<PkiRole, 'notAfter' | 'ttlSeconds' | 'maxTtlSeconds' | 'notBeforeSeconds'>,
  authority: Authority,
): Validity {
  const { fields, mount, nowMillis } = request;
  const validity = decideValidity(
    {
      ttlSeconds: fields.ttl,
      notAfter: fields.not_after ?? '',
      roleNotAfter: role.notAfter,
      roleTtlSeconds: role.ttlSeconds,
      roleMaxSeconds: role.maxTtlSeconds,
      notBefore: fields.not_before ?? '',
      notBeforeSeconds: role.notBeforeSeconds,
    },
    { mount, settings: pki.core.settings, nowMillis },
    lifeOf(authority),
  );
  for (const warning of validity.warnings) request.warn(warning);
  return validity;
}

/** An issuer's own addresses go before the mount's. */
export function locationsOf(authority: Authority, ofMount: Locations): Locations {
  const own = authority.record.locations;
  return own.issuingCertificates.length + own.crlDistributionPoints.length + own.ocspServers.length > 0 ? own : ofMount;
}

interface TemplateParts {
  readonly publicKey: SubjectPublicKey;
  readonly validity: Validity;
  readonly userIds: readonly string[];
  readonly locations: Locations;
}

function leafTemplate(pki: PkiStore, role: PkiRole, chosen: LeafNames, parts: TemplateParts): CertificateTemplate {
  const { publicKey, validity, locations } = parts;
  const subject = buildSubject(
    chosen.commonName,
    { ...rolesSubject(role), serial_number: chosen.serialNumber },
    parts.userIds,
  );
  const purposes = rolesPurposes(role);
  return {
    serial: newSerial(pki.core.random),
    subject,
    publicKey,
    notBeforeSeconds: validity.notBeforeSeconds,
    notAfterSeconds: validity.notAfterSeconds,
    insecurePermitBeyondIssuer: validity.insecurePermitBeyondIssuer,
    ...(role.basicConstraintsValidForNonCa && { basicConstraints: { ca: false } }),
    keyUsage: usagesOfKey(role.keyUsage, publicKey.kind),
    ...(purposes.length > 0 && { extendedKeyUsage: purposes }),
    ...(chosen.names.length > 0 && { alternativeNames: chosen.names }),
    ...(role.policyIdentifiers.length > 0 && {
      policies: [...new Set(role.policyIdentifiers)].map((oid) => ({ oid })),
    }),
    ...addressExtensions(locations),
  };
}

export function addressExtensions(
  locations: Locations,
): Pick<CertificateTemplate, 'crlDistributionPoints' | 'authorityInfoAccess'> {
  const hasAccess = locations.ocspServers.length + locations.issuingCertificates.length > 0;
  return {
    ...(locations.crlDistributionPoints.length > 0 && { crlDistributionPoints: locations.crlDistributionPoints }),
    ...(hasAccess && {
      authorityInfoAccess: { ocsp: locations.ocspServers, caIssuers: locations.issuingCertificates },
    }),
  };
}
