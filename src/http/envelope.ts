import type { Answer, AuthBlock } from '../core/index.ts';
import type { JsonObject, StrongroomError } from '../lib/index.ts';

const noBlock = 'null';

function authJson(auth: AuthBlock): JsonObject {
  return {
    client_token: auth.clientToken,
    accessor: auth.accessor,
    policies: auth.policies,
    ...(auth.tokenPolicies.length > 0 && { token_policies: auth.tokenPolicies }),
    ...(auth.identityPolicies.length > 0 && { identity_policies: auth.identityPolicies }),
    metadata: auth.metadata,
    lease_duration: auth.leaseSeconds,
    renewable: auth.renewable,
    entity_id: auth.entityId,
    token_type: auth.tokenType,
    orphan: auth.orphan,
    mfa_requirement: null,
    num_uses: auth.usesLeft,
  };
}

/** The JSON body of an answer in the wire's member order, ending with a newline. */
export function writeEnvelope(requestId: string, answer: Answer, warnings: readonly string[]): string {
  const lease = answer.lease;
  const data = answer.data === undefined || answer.data === null ? noBlock : JSON.stringify(answer.data);
  let text =
    `{"request_id":"${requestId}","lease_id":${lease ? JSON.stringify(lease.id) : '""'},` +
    `"renewable":${lease?.renewable === true},"lease_duration":${lease?.seconds ?? 0},"data":${data},` +
    `"wrap_info":null,"warnings":${warnings.length === 0 ? noBlock : JSON.stringify(warnings)},` +
    `"auth":${answer.auth ? JSON.stringify(authJson(answer.auth)) : noBlock}`;
  if (answer.topLevel && answer.data) {
    const inner = (hidesMember(answer.data) ? JSON.stringify(withoutMembers(answer.data)) : data).slice(1, -1);
    if (inner !== '') text += `,${inner}`;
  }
  return `${text}}\n`;
}

const members: ReadonlySet<string> = new Set([
  'request_id',
  'lease_id',
  'renewable',
  'lease_duration',
  'data',
  'wrap_info',
  'warnings',
  'auth',
]);

/** A caller may choose names of `data` (paths of `sys/capabilities`): repeated, they must not stand for the envelope's. */
const hidesMember = (data: JsonObject): boolean => Object.keys(data).some((name) => members.has(name));

const withoutMembers = (data: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(data).filter(([name]) => !members.has(name)));

/** The JSON body of a refusal: Vault's `errors` and our `code`, `hint` and `request_id`. */
export function writeRefusal(requestId: string, error: StrongroomError): string {
  const body: Record<string, unknown> = { errors: error.message === '' ? [] : [error.message] };
  if (error.data) body['data'] = error.data;
  body['code'] = error.code;
  if (error.hint !== undefined) body['hint'] = error.hint;
  body['request_id'] = requestId;
  return `${JSON.stringify(body)}\n`;
}

/** The same as a problem document (RFC 9457), for callers that accept it. */
export function writeProblem(requestId: string, status: number, error: StrongroomError): string {
  const body = {
    type: `urn:strongroom:error:${error.code}`,
    title: error.code.replaceAll('_', ' '),
    status,
    detail: error.message,
    ...(error.hint !== undefined && { hint: error.hint }),
    code: error.code,
    request_id: requestId,
  };
  return `${JSON.stringify(body)}\n`;
}
