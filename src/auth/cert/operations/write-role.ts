import { type EngineRequest, readTokenParameters } from '../../../core/index.ts';
import { StrongroomError } from '../../../lib/index.ts';
import { decodePem, isOid, parseCertificate } from '../../../x509/index.ts';
import type { CertStore } from '../cert-store.ts';
import type { CertRole } from '../records.ts';

const maxPatterns = 200;
const maxPatternLength = 512;
const maxCertificates = 64;
/** As many as a certificate can have. */
const maxRoleExtensions = 64;

type RoleFields = Parameters<typeof readTokenParameters>[0] & {
  readonly name: string;
  readonly certificate?: string | undefined;
  readonly display_name?: string | undefined;
  readonly allowed_names?: readonly string[] | undefined;
  readonly allowed_common_names?: readonly string[] | undefined;
  readonly allowed_dns_sans?: readonly string[] | undefined;
  readonly allowed_email_sans?: readonly string[] | undefined;
  readonly allowed_uri_sans?: readonly string[] | undefined;
  readonly allowed_organizational_units?: readonly string[] | undefined;
  readonly required_extensions?: readonly string[] | undefined;
  readonly allowed_metadata_extensions?: readonly string[] | undefined;
  readonly ocsp_enabled?: boolean | undefined;
};

function refuse(message: string, hint: string): never {
  throw new StrongroomError('invalid_field', message, { hint });
}

/** Stores a role: fields that were sent over those that were there. */
export function writeRole(store: CertStore, request: EngineRequest<RoleFields>): Promise<void> {
  const { fields } = request;
  const name = fields.name.toLowerCase();
  if (!/^[\w.-]{1,128}$/.test(name)) refuse('invalid role name', 'letters, digits and _ . -');
  if (fields.ocsp_enabled === true) refuse('OCSP is not supported', 'upload a revocation list at crls/NAME instead');
  return store.roles.modify(request.mount, name, (previous) => {
    const role = mergeRole(name, fields, previous);
    checkRole(role);
    return role;
  });
}

function mergeRole(name: string, sent: RoleFields, previous: CertRole | undefined): CertRole {
  const certificate = sent.certificate ?? previous?.certificate;
  if (certificate === undefined || certificate === '')
    refuse('failed to parse certificate', 'send "certificate" as PEM: an authority, or single certificates');
  const list = (value: readonly string[] | undefined, before: readonly string[] | undefined): readonly string[] =>
    value ?? before ?? [];
  return {
    name,
    certificate,
    displayName: sent.display_name || previous?.displayName || name,
    allowedNames: list(sent.allowed_names, previous?.allowedNames),
    allowedCommonNames: list(sent.allowed_common_names, previous?.allowedCommonNames),
    allowedDnsSans: list(sent.allowed_dns_sans, previous?.allowedDnsSans),
    allowedEmailSans: list(sent.allowed_email_sans, previous?.allowedEmailSans),
    allowedUriSans: list(sent.allowed_uri_sans, previous?.allowedUriSans),
    allowedOrganizationalUnits: list(sent.allowed_organizational_units, previous?.allowedOrganizationalUnits),
    requiredExtensions: list(sent.required_extensions, previous?.requiredExtensions),
    allowedMetadataExtensions: list(sent.allowed_metadata_extensions, previous?.allowedMetadataExtensions),
    parameters: readTokenParameters(sent, previous?.parameters),
  };
}

function checkRole(role: CertRole): void {
  const blocks = decodePem(role.certificate);
  const known = blocks.filter((block) => block.label === 'CERTIFICATE' || block.label === 'TRUSTED CERTIFICATE');
  if (known.length === 0 || known.length !== blocks.length || known.length > maxCertificates) {
    refuse('failed to parse certificate', `PEM with 1 to ${maxCertificates} certificates and nothing else`);
  }
  for (const block of known) parseCertificate(block.der);
  const patterns = [
    ...role.allowedNames,
    ...role.allowedCommonNames,
    ...role.allowedDnsSans,
    ...role.allowedEmailSans,
    ...role.allowedUriSans,
    ...role.allowedOrganizationalUnits,
  ];
  if (
    patterns.length > maxPatterns ||
    patterns.some((pattern) => pattern === '' || pattern.length > maxPatternLength)
  ) {
    refuse(
      'a pattern is empty or too long, or there are too many',
      `${maxPatterns} patterns of ${maxPatternLength} characters`,
    );
  }
  if (role.displayName.length > maxPatternLength || /\p{Cc}/u.test(role.displayName)) {
    refuse('the display name is too long or holds control characters', `${maxPatternLength} characters`);
  }
  if (Math.max(role.requiredExtensions.length, role.allowedMetadataExtensions.length) > maxRoleExtensions) {
    refuse('too many extensions', `${maxRoleExtensions} to require, ${maxRoleExtensions} to show`);
  }
  for (const wanted of role.requiredExtensions) {
    const [oid = '', ...rest] = wanted.replace(/^hex:/, '').split(':');
    if (!isOid(oid) || rest.length === 0 || wanted.length > maxPatternLength)
      refuse('a required extension is unreadable', 'write OID:pattern or hex:OID:pattern');
  }
  if (!role.allowedMetadataExtensions.every(isOid)) refuse('a metadata extension is not an OID', 'write 1.3.6.1.4.1.1');
}
