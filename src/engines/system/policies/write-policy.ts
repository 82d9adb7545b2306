import { type Core, decodePolicyText, type EngineRequest, normalizePolicyName } from '../../../core/index.ts';
import { StrongroomError } from '../../../lib/index.ts';

export interface WriteFields {
  readonly name: string;
  readonly policy?: string | undefined;
  readonly rules?: string | undefined;
  readonly cas?: number | undefined;
  readonly cas_required?: boolean | undefined;
  readonly expiration?: number | undefined;
  readonly ttl?: number | undefined;
  readonly allow_slashes_in_identity_templates?: boolean | undefined;
  readonly allow_wildcards_in_identity_templates?: boolean | undefined;
}

/** Stores a policy under the one spelling of its name. */
export async function writePolicy(core: Core, request: EngineRequest<WriteFields>): Promise<void> {
  const { fields } = request;
  const text = fields.policy ?? fields.rules;
  if (text === undefined || text === '') {
    throw new StrongroomError('missing_field', "'policy' parameter not supplied or empty", {
      hint: 'send the policy as text, HCL or JSON',
    });
  }
  const { name, changed } = normalizePolicyName(fields.name);
  if (name === 'response-wrapping')
    throw new StrongroomError('invalid_request', 'cannot update "response-wrapping" policy', {
      hint: 'it belongs to the server',
    });
  const expireMillis = readEnd(fields, request.nowMillis);
  if (expireMillis !== undefined && name === 'default') {
    throw new StrongroomError('invalid_request', 'the "default" policy cannot expire', { hint: 'change its rules' });
  }
  await core.policies.write(request.namespace, name, decodePolicyText(text), {
    cas: fields.cas,
    casRequired: fields.cas_required,
    expireMillis,
    allowSlashesInIdentityTemplates: fields.allow_slashes_in_identity_templates ?? false,
    allowWildcardsInIdentityTemplates: fields.allow_wildcards_in_identity_templates ?? false,
  });
  if (changed) request.warn(`policy name was converted to ${name}`);
  if (fields.policy === undefined) request.warn("'rules' is deprecated, please use 'policy' instead");
}

/** When the policy ends by itself. One that is over before it begins is a mistake, not a policy. */
function readEnd({ expiration, ttl }: WriteFields, nowMillis: number): number | undefined {
  if (expiration !== undefined && ttl !== undefined) {
    throw new StrongroomError('invalid_request', '"expiration" and "ttl" cannot be used together', {
      hint: 'send one of them',
    });
  }
  const end = expiration ?? (ttl ? nowMillis + ttl * 1000 : undefined);
  if (end === undefined || end > nowMillis) return end;
  throw new StrongroomError('invalid_request', '"expiration" lies in the past', { hint: 'name a later time' });
}
