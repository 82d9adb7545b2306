import { StrongroomError } from '../../lib/index.ts';

/** The refusal of a request that could not be recorded. Its text is the one Vault gives. */
export function auditUnavailable(cause: unknown): StrongroomError {
  return new StrongroomError('audit_unavailable', 'internal error', {
    hint: 'the request could not be recorded in any audit sink; sys/health and the server log say which sinks fail',
    cause,
    retryAfterSeconds: 1,
  });
}

/** A sink that must not be used as it is configured. Trying again does not help. */
export function sinkRefused(message: string, hint: string): StrongroomError {
  return new StrongroomError('invalid_request', message, { hint });
}

/** What may be said in the server log about a failure: its code or its kind, never a text that might quote data. */
export function failureName(error: unknown): string {
  if (error instanceof StrongroomError) return error.message;
  if (error instanceof Error) {
    const code: unknown = Reflect.get(error, 'code');
    return typeof code === 'string' ? code : error.name;
  }
  return 'unknown failure';
}
