import { remedyFor } from '../return-values.ts';
import { ChildFailure, describeError, returnValueOf } from './failure.ts';

/**
 * What an error of the module means for whoever asked, once repeating is out of the question. Unclear errors are told
 * apart by a probe: a token that still signs refused this request, one that does not is gone.
 */
export async function judgeError(
  error: unknown,
  probe: () => Promise<void>,
  opensMessage = false,
): Promise<ChildFailure> {
  if (error instanceof ChildFailure) {
    // A token that is gone shows no keys: only one that signs may say that a key is missing.
    return error.kind === 'key_missing' ? verdictAfterProbe(error, probe) : error;
  }
  const code = returnValueOf(error);
  const failure = (kind: ChildFailure['kind']): ChildFailure => new ChildFailure(kind, describeError(error), code);
  switch (remedyFor(code)) {
    case 'new_session':
    case 'fewer_sessions':
    case 'new_module':
    // The next start logs in, and finds out for itself what is wrong with the PIN.
    case 'operator_needed':
      return failure('unavailable');
    case 'find_again':
      return verdictAfterProbe(failure('key_missing'), probe);
    case 'unsupported':
      return failure('unsupported');
    case 'refused':
      return failure('refused');
    case 'not_authentic':
      return failure(opensMessage ? 'not_authentic' : 'internal');
    case 'probe':
      return verdictAfterProbe(failure(opensMessage ? 'not_authentic' : 'internal'), probe);
  }
}

async function verdictAfterProbe(verdict: ChildFailure, probe: () => Promise<void>): Promise<ChildFailure> {
  try {
    await probe();
    return verdict;
  } catch (error) {
    return error instanceof ChildFailure ? error : new ChildFailure('unavailable', describeError(error));
  }
}
