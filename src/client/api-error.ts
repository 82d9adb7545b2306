import { inspect } from 'node:util';
import { type ErrorCode, errorCodes, type Json, StrongroomError } from '../lib/index.ts';

export interface ApiErrorFields {
  /** HTTP status. */
  readonly status: number;
  /** What was asked, such as `GET /v1/sys/health`; never with a query, a header or a body. */
  readonly request: string;
  readonly errors: readonly string[];
  readonly code?: string;
  readonly hint?: string;
  readonly requestId?: string;
  readonly retryAfterSeconds?: number;
  /** The answer's `data`, where a refusal has one (KV version 2 answers 404 with metadata). */
  readonly data?: Json;
}

/** Servers that send no code (Vault, OpenBao, a proxy) are understood by their status. */
const codeOfStatus: Readonly<Record<number, ErrorCode>> = {
  400: 'invalid_request',
  401: 'unauthenticated',
  403: 'permission_denied',
  404: 'not_found',
  405: 'unsupported_operation',
  409: 'conflict',
  412: 'precondition_failed',
  413: 'body_too_large',
  414: 'uri_too_long',
  415: 'unsupported_media_type',
  429: 'rate_limited',
  431: 'headers_too_large',
  501: 'not_initialized',
  503: 'sealed',
};

/** Anything else in its place might be an echo of what was sent. */
const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const knownCodes: ReadonlySet<string> = new Set(errorCodes);

function readCode(fields: ApiErrorFields): ErrorCode {
  if (fields.code !== undefined && knownCodes.has(fields.code)) return fields.code as ErrorCode;
  return codeOfStatus[fields.status] ?? (fields.status < 500 ? 'invalid_request' : 'internal');
}

/** A refusal without a text of its own. Vault's 404 for what is not stored has none. */
function describeBareStatus({ status, request }: ApiErrorFields): string {
  return status === 404
    ? `no value found at ${request.replace(/^[A-Z]+ \/v1\//, '')}`
    : `the server answered ${status} without saying why`;
}

/**
 * The server answered with a refusal or a failure. Printing, serialising or inspecting it shows status, code, texts and
 * request id alone: no token, no header, no body. The answer's `data` is reached by `answerData()` only.
 */
export class ApiError extends StrongroomError {
  readonly status: number;
  readonly request: string;
  readonly errors: readonly string[];
  readonly requestId: string | undefined;
  #data: Json | undefined;

  constructor(fields: ApiErrorFields) {
    super(readCode(fields), fields.errors.join('; ') || describeBareStatus(fields), {
      hint: fields.hint,
      ...(fields.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: fields.retryAfterSeconds }),
    });
    this.name = 'ApiError';
    this.status = fields.status;
    this.request = fields.request;
    this.errors = [...fields.errors];
    this.requestId = fields.requestId !== undefined && uuid.test(fields.requestId) ? fields.requestId : undefined;
    this.#data = fields.data;
  }

  /** What a refusal carried as `data`; may hold secrets, so it is never printed with the error. */
  answerData(): Json | undefined {
    return this.#data;
  }

  toJSON(): Record<string, unknown> {
    return {
      name: this.name,
      status: this.status,
      code: this.code,
      request: this.request,
      errors: this.errors,
      hint: this.hint,
      request_id: this.requestId,
    };
  }

  [inspect.custom](): string {
    return `ApiError ${inspect(this.toJSON())}`;
  }
}
