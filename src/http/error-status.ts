import { type ErrorCode, StrongroomError } from '../lib/index.ts';

/** The one place where an error becomes a status. */
export const statusOf: Readonly<Record<ErrorCode, number>> = {
  invalid_request: 400,
  invalid_path: 400,
  invalid_json: 400,
  unknown_field: 400,
  missing_field: 400,
  invalid_field: 400,
  conflict: 400,
  version_mismatch: 400,
  login_failed: 400,
  not_found: 404,
  no_route: 404,
  unsupported_path: 404,
  unsupported_operation: 405,
  method_not_implemented: 501,
  permission_denied: 403,
  unauthenticated: 403,
  credential_conflict: 400,
  address_refused: 403,
  body_too_large: 413,
  uri_too_long: 414,
  headers_too_large: 431,
  unsupported_media_type: 415,
  precondition_failed: 412,
  rate_limited: 429,
  internal: 500,
  audit_unavailable: 500,
  sealed: 503,
  not_initialized: 503,
  already_initialized: 400,
  store_unavailable: 503,
  store_full: 503,
  row_unreadable: 500,
  keys_unavailable: 503,
  overloaded: 503,
  shutting_down: 503,
};

/** Whatever was thrown, as an error callers may see. What is not ours becomes `internal`, its reason kept as cause. */
export function publicError(thrown: unknown): StrongroomError {
  if (thrown instanceof StrongroomError) return thrown;
  return new StrongroomError('internal', 'internal error', {
    hint: 'the server log has the reason under this request id',
    cause: thrown,
  });
}
