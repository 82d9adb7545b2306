import { field } from '../../core/index.ts';

/** Fields of `auth/token/create` and its variants. */
export const createFields = {
  id: field.secretText().optional(),
  policies: field.texts().optional(),
  meta: field.keyValues().optional(),
  no_parent: field.boolean().optional(),
  no_default_policy: field.boolean().optional(),
  renewable: field.boolean().optional(),
  ttl: field.seconds().optional(),
  lease: field.seconds().optional(),
  type: field.text().optional(),
  explicit_max_ttl: field.seconds().optional(),
  display_name: field.text().optional(),
  num_uses: field.integer().optional(),
  period: field.seconds().optional(),
  entity_alias: field.text().optional(),
  bound_cidrs: field.list().optional(),
};

export const roleFields = {
  allowed_policies: field.list().optional(),
  disallowed_policies: field.list().optional(),
  allowed_policies_glob: field.list().optional(),
  disallowed_policies_glob: field.list().optional(),
  orphan: field.boolean().optional(),
  renewable: field.boolean().optional(),
  path_suffix: field.text().optional(),
  allowed_entity_aliases: field.list().optional(),
  token_period: field.seconds().optional(),
  token_explicit_max_ttl: field.seconds().optional(),
  token_bound_cidrs: field.list().optional(),
  token_num_uses: field.integer().optional(),
  token_type: field.word(['', 'default', 'service', 'batch', 'default-service', 'default-batch']).optional(),
  token_no_default_policy: field.boolean().optional(),
  period: field.seconds().optional(),
  explicit_max_ttl: field.seconds().optional(),
  bound_cidrs: field.list().optional(),
};
