import type { Json, JsonObject } from '../../lib/index.ts';
import type { AclRequest, RefusalReason } from './decision.ts';
import type { MergedRule } from './merged-rule.ts';
import { isDeniedValue, isListedValue } from './parameter-values.ts';

const noParameters: JsonObject = {};

/** What of a rule's conditions a request breaks: wrapping first, then page size or parameters. */
export function findBrokenConstraint(rule: MergedRule, request: AclRequest): RefusalReason | undefined {
  const wrapping = findBrokenWrapping(rule, request.wrapTtlSeconds ?? 0);
  if (wrapping !== undefined) return wrapping;
  const parameters = request.parameters ?? noParameters;
  switch (request.operation) {
    case 'list':
    case 'scan':
      return findBrokenPage(rule, parameters);
    case 'read':
    case 'create':
    case 'update':
    case 'patch':
      return findBrokenParameter(rule, parameters);
    case 'delete':
      return undefined;
  }
}

/** Either bound forces wrapping. Merging may leave a minimum above the maximum: then nothing fits. */
function findBrokenWrapping(rule: MergedRule, askedSeconds: number): RefusalReason | undefined {
  const { minWrappingTtlSeconds: min, maxWrappingTtlSeconds: max } = rule;
  if (min === 0 && max === 0) return undefined;
  if (!(askedSeconds > 0)) return 'wrapping_required';
  if (max !== 0 && askedSeconds > max) return 'wrapping_ttl_too_long';
  return min !== 0 && askedSeconds < min ? 'wrapping_ttl_too_short' : undefined;
}

function findBrokenPage(rule: MergedRule, parameters: JsonObject): RefusalReason | undefined {
  const limit = Object.hasOwn(parameters, 'limit') ? parameters['limit'] : undefined;
  if (limit === undefined) return rule.requiredParameters.includes('limit') ? 'parameter_missing' : undefined;
  if (rule.paginationLimit === 0) return undefined;
  const asked = typeof limit === 'string' && /^\d{1,15}$/.test(limit) ? Number(limit) : limit;
  const fits = typeof asked === 'number' && asked >= 1 && asked <= rule.paginationLimit;
  return fits ? undefined : 'page_too_large';
}

function findBrokenParameter(rule: MergedRule, parameters: JsonObject): RefusalReason | undefined {
  const names = Object.keys(parameters);
  for (const required of rule.requiredParameters) {
    if (!names.some((name) => name.toLowerCase() === required)) return 'parameter_missing';
  }
  if (names.length === 0) return undefined;
  const { allowedParameters: allowed, deniedParameters: denied } = rule;
  if (denied?.has('*')) return 'parameter_denied';
  const allowsOthers = allowed === undefined || allowed.size === 0 || allowed.has('*');
  for (const name of names) {
    const plain = name.toLowerCase();
    const value = parameters[name] as Json;
    const deniedValues = denied?.get(plain);
    if (deniedValues !== undefined && isDeniedValue(deniedValues, value)) return 'parameter_denied';
    const allowedValues = plain === '*' ? undefined : allowed?.get(plain);
    const fits = allowedValues === undefined ? allowsOthers : isListedValue(allowedValues, value);
    if (!fits) return 'parameter_not_allowed';
  }
  return undefined;
}
