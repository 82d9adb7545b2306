import { field } from '../../../core/index.ts';

/** Fields by which the subject, names and life of a CA certificate are asked for. */
export const authorityFields = {
  common_name: field.text().optional(),
  alt_names: field.list().optional(),
  ip_sans: field.list().optional(),
  uri_sans: field.list().optional(),
  other_sans: field.list().optional(),
  ttl: field.seconds().optional(),
  ou: field.list().optional(),
  organization: field.list().optional(),
  country: field.list().optional(),
  locality: field.list().optional(),
  province: field.list().optional(),
  street_address: field.list().optional(),
  postal_code: field.list().optional(),
  serial_number: field.text().optional(),
  not_before: field.text().optional(),
  not_after: field.text().optional(),
  not_before_duration: field.seconds().optional(),
  exclude_cn_from_sans: field.boolean().optional(),
  format: field.text().optional(),
  private_key_format: field.text().optional(),
  max_path_length: field.integer().optional(),
  permitted_dns_domains: field.list().optional(),
  signature_bits: field.integer().optional(),
  use_pss: field.boolean().optional(),
};

export const keyFields = {
  key_type: field.text().optional(),
  key_bits: field.integer().optional(),
  key_name: field.text().optional(),
  key_ref: field.text().optional(),
};

export interface AuthorityFields {
  readonly common_name?: string | undefined;
  readonly alt_names?: readonly string[] | undefined;
  readonly ip_sans?: readonly string[] | undefined;
  readonly uri_sans?: readonly string[] | undefined;
  readonly other_sans?: readonly string[] | undefined;
  readonly ttl?: number | undefined;
  readonly ou?: readonly string[] | undefined;
  readonly organization?: readonly string[] | undefined;
  readonly country?: readonly string[] | undefined;
  readonly locality?: readonly string[] | undefined;
  readonly province?: readonly string[] | undefined;
  readonly street_address?: readonly string[] | undefined;
  readonly postal_code?: readonly string[] | undefined;
  readonly serial_number?: string | undefined;
  readonly not_before?: string | undefined;
  readonly not_after?: string | undefined;
  readonly not_before_duration?: number | undefined;
  readonly exclude_cn_from_sans?: boolean | undefined;
  readonly format?: string | undefined;
  readonly private_key_format?: string | undefined;
  readonly max_path_length?: number | undefined;
  readonly permitted_dns_domains?: readonly string[] | undefined;
  readonly signature_bits?: number | undefined;
  readonly use_pss?: boolean | undefined;
}

export interface KeyFields {
  readonly type: string;
  readonly key_type?: string | undefined;
  readonly key_bits?: number | undefined;
  readonly key_name?: string | undefined;
  readonly key_ref?: string | undefined;
}
