import type { IncomingMessage } from 'node:http';
import type { ListenerLimits } from './limits.ts';
import { malformed, tooLongTarget, tooManyFields } from './parse-errors.ts';
import type { Refusal } from './refusal.ts';
import { countParameters, isHost, originForm } from './request-target.ts';

const verbs = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'LIST', 'SCAN']);

const notAllowed: Refusal = {
  status: 405,
  code: 'unsupported_operation',
  message: 'unsupported operation',
  hint: 'use GET, HEAD, POST, PUT, PATCH, DELETE, LIST, SCAN or OPTIONS',
  fields: { Allow: [...verbs].join(', ') },
};
const otherVersion: Refusal = {
  status: 505,
  code: 'invalid_request',
  message: 'only HTTP/1.1 is spoken here',
  hint: 'send HTTP/1.1',
};
const badHost: Refusal = {
  status: 400,
  code: 'invalid_request',
  message: 'the request needs exactly one valid Host field',
  hint: 'send Host with the name or address of this server',
};
const badTarget: Refusal = {
  status: 400,
  code: 'invalid_path',
  message: 'the request target is not a path of this server',
  hint: 'send a path that starts with "/"',
};
const noUpgrade: Refusal = {
  status: 400,
  code: 'invalid_request',
  message: 'protocol upgrades are not supported',
  hint: 'leave Upgrade out',
};
const bodyTooLarge: Refusal = {
  status: 413,
  code: 'body_too_large',
  message: 'request body too large',
  hint: 'send less, or raise max_request_size',
};

export const noTunnel = notAllowed;

export const otherExpectation: Refusal = {
  status: 417,
  code: 'invalid_request',
  message: 'only the expectation 100-continue is supported',
  hint: 'leave Expect out',
};

/** Fields of which a second one is refused: parsers disagree on which of two counts. */
interface SingleFields {
  host?: string;
  authorization?: string;
  'content-type'?: string;
  'content-length'?: string;
  'transfer-encoding'?: string;
  upgrade?: string;
}

/** No two have the same length: most fields of a request are passed over by a look at it. */
const singleByLength: readonly (keyof SingleFields | undefined)[] = (() => {
  const names = ['host', 'authorization', 'content-type', 'content-length', 'transfer-encoding', 'upgrade'] as const;
  return Array.from({ length: 32 }, (_, length) => names.find((name) => name.length === length));
})();

function readSingleFields(rawHeaders: readonly string[]): SingleFields | undefined {
  const fields: SingleFields = {};
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    const single = singleByLength[name.length];
    if (single === undefined || (name !== single && name.toLowerCase() !== single)) continue;
    if (fields[single] !== undefined) return undefined;
    fields[single] = rawHeaders[index + 1] as string;
  }
  return fields;
}

let lastHost = '';

/** Clients name the same host again and again. */
function isKnownHost(host: string): boolean {
  if (host === lastHost) return true;
  if (!isHost(host)) return false;
  lastHost = host;
  return true;
}

/**
 * What every request must satisfy before a handler sees it. Answers the refusal, or undefined when all is well; then
 * `incoming.url` is in origin form.
 */
export function checkRequest(incoming: IncomingMessage, limits: ListenerLimits): Refusal | undefined {
  const { httpVersionMajor, httpVersionMinor, rawHeaders } = incoming;
  if (httpVersionMajor !== 1) return httpVersionMajor === 0 ? malformed : otherVersion;
  if (!verbs.has(incoming.method ?? '')) return notAllowed;
  const target = incoming.url ?? '';
  if (target.length > limits.maxUrlBytes) return tooLongTarget;
  if (target.length > limits.maxQueryParameters && countParameters(target) > limits.maxQueryParameters) {
    return tooLongTarget;
  }
  if (rawHeaders.length > limits.maxHeaderFields * 2) return tooManyFields;
  const fields = readSingleFields(rawHeaders);
  if (fields === undefined) return malformed;
  const refusal = checkFraming(fields, httpVersionMinor, limits);
  if (refusal !== undefined) return refusal;
  if (fields.host === undefined ? httpVersionMinor === 1 : !isKnownHost(fields.host)) return badHost;
  const path = originForm(target, fields.host);
  if (path === undefined) return badTarget;
  if (path !== target) incoming.url = path;
  return undefined;
}

/** The parser hands a request out before it refuses a last coding other than chunked, so that is looked at here too. */
function checkFraming(fields: SingleFields, minorVersion: number, limits: ListenerLimits): Refusal | undefined {
  const coding = fields['transfer-encoding'];
  if (coding !== undefined && (minorVersion !== 1 || coding.toLowerCase() !== 'chunked')) return malformed;
  const length = fields['content-length'];
  if (length !== undefined && Number(length) > limits.maxBodyBytes) return bodyTooLarge;
  if (fields.upgrade !== undefined) return noUpgrade;
  return undefined;
}
