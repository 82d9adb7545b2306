import { showTokenParameters, type TokenParameters } from '../../core/index.ts';
import type { JsonObject } from '../../lib/index.ts';

/** Which certificates log in, and what their tokens are like. Patterns: `*` stands for characters, in host names inside one label. */
export interface CertRole {
  readonly name: string;
  /** PEM: authorities, or single certificates, which match by their whole bytes only. */
  readonly certificate: string;
  readonly displayName: string;
  readonly allowedNames: readonly string[];
  readonly allowedCommonNames: readonly string[];
  readonly allowedDnsSans: readonly string[];
  readonly allowedEmailSans: readonly string[];
  readonly allowedUriSans: readonly string[];
  readonly allowedOrganizationalUnits: readonly string[];
  /** `oid:pattern`, or `hex:oid:pattern` over the hex of the extension's value. */
  readonly requiredExtensions: readonly string[];
  /** OIDs whose values become metadata of the token. */
  readonly allowedMetadataExtensions: readonly string[];
  readonly parameters: TokenParameters;
}

export interface CertConfig {
  /** A renewal then needs no certificate. */
  readonly disableBinding: boolean;
}

export const defaultCertConfig: CertConfig = { disableBinding: false };

/** A revocation list an operator uploaded. */
export interface CrlRecord {
  readonly pem: string;
}

export function showCertRole(role: CertRole): JsonObject {
  return {
    allowed_common_names: role.allowedCommonNames,
    allowed_dns_sans: role.allowedDnsSans,
    allowed_email_sans: role.allowedEmailSans,
    allowed_metadata_extensions: role.allowedMetadataExtensions,
    allowed_names: role.allowedNames,
    allowed_organizational_units: role.allowedOrganizationalUnits,
    allowed_uri_sans: role.allowedUriSans,
    certificate: role.certificate,
    display_name: role.displayName,
    ocsp_ca_certificates: '',
    ocsp_enabled: false,
    ocsp_fail_open: false,
    ocsp_query_all_servers: false,
    ocsp_servers_override: [],
    required_extensions: role.requiredExtensions,
    ...showTokenParameters(role.parameters),
  };
}
