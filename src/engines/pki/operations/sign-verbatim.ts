import type { Answer, EngineRequest } from '../../../core/index.ts';
import { StrongroomError } from '../../../lib/index.ts';
import {
  attributeValues,
  type CertificateTemplate,
  type CertificationRequest,
  extendName,
  issueCertificate,
  newSerial,
  parseCsrAside,
} from '../../../x509/index.ts';
import { chooseSigner } from '../authority.ts';
import { readConfig, requireIssuer } from '../pki-store.ts';
import { defaultRole } from '../role.ts';
import { readPurposes, usagesLeftOut, usagesOfKey } from '../usages.ts';
import { canonicalCommonName, canonicalNames } from '../wanted-names.ts';
import { requireFormat } from './answer-format.ts';
import { answerLeaf } from './answer-leaf.ts';
import { addressExtensions, type LeafParts, leafValidity, locationsOf, requireRole } from './issue-leaf.ts';

export interface VerbatimFields {
  readonly csr?: string | undefined;
  readonly issuer_ref?: string | undefined;
  readonly role?: string | undefined;
  readonly key_usage?: readonly string[] | undefined;
  readonly ext_key_usage?: readonly string[] | undefined;
  readonly ext_key_usage_oids?: readonly string[] | undefined;
  readonly ttl?: number | undefined;
  readonly not_before?: string | undefined;
  readonly not_after?: string | undefined;
  readonly format?: string | undefined;
  readonly remove_roots_from_chain?: boolean | undefined;
  readonly signature_bits?: number | undefined;
  readonly use_pss?: boolean | undefined;
  readonly basic_constraints_valid_for_non_ca?: boolean | undefined;
  readonly user_ids?: readonly string[] | undefined;
}

/**
 * Signs what a request says: its subject and names are taken as they are, never as a CA. A role that is named gives the
 * issuer, ttl, max_ttl, not_before_duration, generate_lease, no_store and the key usages of requests that ask for none;
 * which names it allows does not matter.
 */
export async function signVerbatim(parts: LeafParts, request: EngineRequest<VerbatimFields>): Promise<Answer> {
  const { pki } = parts;
  const { fields, mount } = request;
  requireFormat(fields.format);
  const role = fields.role === undefined ? defaultRole : (await requireRole(pki, request)).body;
  const csr = await parseCsrAside(fields.csr ?? '');
  requireWhole(csr);
  const { config } = await readConfig(pki, mount);
  const record = await requireIssuer(pki, mount, fields.issuer_ref ?? role.issuerRef, config);
  const authority = await parts.authorities.load(mount, record, config, 'issuing-certificates');
  const validity = leafValidity(pki, request, { ...role, notAfter: '' }, authority);
  const usages = fields.key_usage ?? csr.keyUsage ?? role.keyUsage;
  const purposes = readPurposes(fields.ext_key_usage ?? [], fields.ext_key_usage_oids ?? []);
  const extended = purposes.length > 0 ? purposes : (csr.extendedKeyUsage ?? []);
  const names = canonicalNames(csr.alternativeNames);
  const userIds = (fields.user_ids ?? []).map((value) => ({ type: 'userId' as const, value }));
  const template: CertificateTemplate = {
    serial: newSerial(pki.core.random),
    subject: extendName(csr.subject, userIds),
    publicKey: csr.publicKey,
    notBeforeSeconds: validity.notBeforeSeconds,
    notAfterSeconds: validity.notAfterSeconds,
    insecurePermitBeyondIssuer: validity.insecurePermitBeyondIssuer,
    ...((fields.basic_constraints_valid_for_non_ca === true || csr.basicConstraints) && {
      basicConstraints: { ca: false },
    }),
    keyUsage: usagesOfKey(usages, csr.publicKey.kind),
    ...(extended.length > 0 && { extendedKeyUsage: extended }),
    ...(names.length > 0 && { alternativeNames: names }),
    ...addressExtensions(locationsOf(authority, config.locations)),
  };
  const wishedScheme = { digestBits: fields.signature_bits ?? 0, pss: fields.use_pss === true };
  const issued = await issueCertificate({ template, ...chooseSigner(authority, wishedScheme, request) });
  const leftOut = usagesLeftOut(usages, csr.publicKey.kind);
  if (leftOut !== undefined) request.warn(leftOut);
  const commonName = canonicalCommonName(attributeValues(csr.subjectAttributes, 'commonName')[0] ?? '');
  return answerLeaf(pki, request, { role, name: fields.role ?? '', authority, issued, commonName });
}

/** What cannot be signed as it stands is refused: a certificate that says less would not be verbatim. */
function requireWhole(csr: CertificationRequest): void {
  const refuse = (message: string, hint: string): never => {
    throw new StrongroomError('invalid_request', message, { hint });
  };
  if (csr.basicConstraints?.ca === true) refuse('the CSR asks for a CA certificate', 'use sign-intermediate');
  const unknown = [...csr.otherExtensions.map(({ oid }) => oid), ...csr.unknownAttributes];
  if (unknown.length > 0)
    refuse(
      `the CSR asks for extensions or attributes that are not issued: ${unknown.slice(0, 8).join(', ')}`,
      'leave them out, or sign by a role, which ignores them',
    );
}
