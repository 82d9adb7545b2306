import { type ErrorCode, StrongroomError } from '../../lib/index.ts';
import { idTaken, keyMissing, keysUnavailable, keyUnsafe, unsupportedByHome } from '../refusals.ts';
import type { Failure } from './protocol.ts';

/** A message that does not open: the provider turns it into its answer, it never leaves this room. */
export class NotAuthentic extends Error {}

/** Nothing may be tried again until an operator has acted; only the supervisor sees it. */
export class OperatorNeeded extends Error {}

/** What a failure of the child is to callers. `subject` is the key id, or what was asked for. */
export function errorOfFailure(failure: Failure, subject: string): Error {
  const cause = new Error(`${subject}: ${failure.text}`);
  switch (failure.kind) {
    case 'operator_needed':
      return new OperatorNeeded(failure.text);
    case 'unavailable':
      return keysUnavailable(failure.text, 1, cause);
    case 'key_missing':
      return keyMissing(subject);
    case 'key_unsafe':
      return keyUnsafe(subject, failure.text);
    case 'id_taken':
      return idTaken(subject);
    case 'not_authentic':
      return new NotAuthentic(failure.text);
    case 'unsupported':
      return unsupportedByHome('this operation', cause);
    case 'refused':
      return plain('invalid_field', 'the key store refused the request', cause);
    case 'internal':
      return plain('internal', 'the key store failed', cause);
  }
}

function plain(code: ErrorCode, message: string, cause: Error): StrongroomError {
  return new StrongroomError(code, message, { hint: 'the server log names the reason', cause });
}
