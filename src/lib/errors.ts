/**
 * The closed catalogue of what can go wrong, as callers see it. The HTTP status of each code is a table in `http`;
 * nothing outside that room knows a status, and nobody decides anything by reading an error's text.
 */
export const errorCodes = [
  'invalid_request',
  'invalid_path',
  'invalid_json',
  'unknown_field',
  'missing_field',
  'invalid_field',
  'conflict',
  'version_mismatch',
  'login_failed',
  'not_found',
  'no_route',
  'unsupported_path',
  'unsupported_operation',
  'method_not_implemented',
  'permission_denied',
  'unauthenticated',
  'credential_conflict',
  'address_refused',
  'body_too_large',
  'uri_too_long',
  'headers_too_large',
  'unsupported_media_type',
  'precondition_failed',
  'rate_limited',
  'internal',
  'audit_unavailable',
  'sealed',
  'not_initialized',
  'already_initialized',
  'store_unavailable',
  'store_full',
  'row_unreadable',
  'keys_unavailable',
  'overloaded',
  'shutting_down',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

export interface ErrorOptions {
  /** What the caller can do about it. Never holds internals or a secret. */
  readonly hint?: string | undefined;
  /** Extra members of the answer's `data`, where a Vault route has them. */
  readonly data?: Readonly<Record<string, unknown>>;
  /** What happened inside; goes to the server log, never to the caller. */
  readonly cause?: unknown;
  /** Seconds after which trying again makes sense; becomes `Retry-After`. */
  readonly retryAfterSeconds?: number;
}

/**
 * The one error class of the product. `message` is public: it is what a caller reads in `errors`.
 * Whatever is not public travels as `cause`.
 */
export class StrongroomError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly data: Readonly<Record<string, unknown>> | undefined;
  readonly retryAfterSeconds: number | undefined;

  /** A refusal says what the caller can do; a fault of ours may have nothing to say, and neither may another's refusal. */
  constructor(
    code: ErrorCode,
    message: string,
    options: Omit<ErrorOptions, 'hint'> & { readonly hint: string | undefined },
  );
  constructor(code: 'internal', message: string, options?: ErrorOptions);
  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'StrongroomError';
    this.code = code;
    this.hint = options.hint;
    this.data = options.data;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** True for an error of this product, optionally of one code. */
export function isError(error: unknown, code?: ErrorCode): error is StrongroomError {
  return error instanceof StrongroomError && (code === undefined || error.code === code);
}
