import { isJsonObject, type Json, type JsonObject, parseJson, SecretText } from '../lib/index.ts';
import { ApiError } from './api-error.ts';
import { hideSecrets } from './secret-body.ts';
import type { Answer, AuthBlock, WireObject, WireValue, WrapInfo } from './wire.ts';

/** Lists of keys can be long; the byte limit of the transport bounds them, these bound nesting. */
const answerLimits = { maxDepth: 64, maxSeparators: 4_000_000 };
const maxErrorTexts = 20;
const maxErrorTextLength = 2000;

/** Secrets every envelope may hold. */
const envelopeSecrets = ['auth.client_token', 'wrap_info.token'];

function wrapSecret(value: WireValue): WireValue {
  if (typeof value === 'string') return value === '' ? value : new SecretText(value);
  if (Array.isArray(value)) return value.map((item: WireValue) => wrapSecret(item));
  return value;
}

function wrapAt(value: WireValue, names: readonly string[]): WireValue {
  const [name, ...rest] = names;
  if (name === undefined) return wrapSecret(value);
  if (!isWireObject(value) || !Object.hasOwn(value, name)) return value;
  return { ...value, [name]: wrapAt(value[name] as WireValue, rest) };
}

function isWireObject(value: WireValue | undefined): value is WireObject {
  return isJsonObject(value) && !(value instanceof SecretText);
}

const textOf = (value: WireValue | undefined): string => (typeof value === 'string' ? value : '');
const numberOf = (value: WireValue | undefined): number => (typeof value === 'number' ? value : 0);

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

/**
 * Reads a body into an answer. `secretFields` are dotted paths in the body (`data.key`, `root_token`) whose texts are
 * put into `SecretText`. Throws `StrongroomError` `invalid_json` when the body is no JSON object.
 */
export function readAnswer<Data>(status: number, text: string, secretFields: readonly string[]): Answer<Data> {
  const parsed = text.trim() === '' ? null : parseJson(text, answerLimits);
  let body: WireObject | null = isJsonObject(parsed) ? parsed : null;
  for (const field of [...envelopeSecrets, ...secretFields]) {
    if (body !== null) body = wrapAt(body, field.split('.')) as WireObject;
  }
  const enveloped = body !== null && Object.hasOwn(body, 'request_id') && Object.hasOwn(body, 'data');
  return {
    status,
    requestId: textOf(body?.request_id),
    // The shape of `data` is the server's word: the caller's type names what the wire reference promises.
    data: (enveloped ? body?.data : (body ?? parsed)) as Data,
    auth: isWireObject(body?.auth) ? (body.auth as unknown as AuthBlock) : null,
    wrapInfo: isWireObject(body?.wrap_info) ? (body.wrap_info as unknown as WrapInfo) : null,
    leaseId: textOf(body?.lease_id),
    leaseDurationSeconds: numberOf(body?.lease_duration),
    renewable: body?.renewable === true,
    warnings: textsOf(body?.warnings),
    body,
  };
}

function readRefusal(text: string): JsonObject {
  try {
    const parsed: Json = parseJson(text, answerLimits);
    return isJsonObject(parsed) ? parsed : {};
  } catch {
    return {};
  }
}

/** Turns a refusal into an `ApiError`; texts are cut to size and rid of the secrets that were sent. */
export function readApiError(
  answer: { status: number; text: string; retryAfter: string | undefined },
  request: string,
  secrets: readonly SecretText[],
): ApiError {
  const body = readRefusal(answer.text);
  const show = (text: string): string => hideSecrets(text, secrets).slice(0, maxErrorTextLength);
  const retryAfterSeconds = /^\d{1,6}$/.test(answer.retryAfter ?? '') ? Number(answer.retryAfter) : undefined;
  return new ApiError({
    status: answer.status,
    request,
    errors: textsOf(body.errors).slice(0, maxErrorTexts).map(show),
    ...(typeof body.code === 'string' ? { code: show(body.code) } : {}),
    ...(typeof body.hint === 'string' ? { hint: show(body.hint) } : {}),
    ...(typeof body.request_id === 'string' && body.request_id !== '' ? { requestId: show(body.request_id) } : {}),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    ...(body.data === undefined ? {} : { data: body.data }),
  });
}
