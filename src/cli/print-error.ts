import { ApiError } from '../client/index.ts';
import { StrongroomError } from '../lib/index.ts';
import type { CliContext, ExitCode } from './context.ts';
import { visibleText } from './table.ts';
import { UsageError } from './usage-error.ts';

const maxLineLength = 1000;

function oneLine(text: string): string {
  return visibleText(text.replace(/\s+/g, ' ').trim(), false).slice(0, maxLineLength);
}

function hintOf(error: StrongroomError, hasToken: boolean): string | undefined {
  if (error instanceof ApiError && !hasToken && (error.status === 401 || error.status === 403)) {
    return 'no token was sent: run "strongroom login", or set STRONGROOM_TOKEN';
  }
  if (error instanceof ApiError && /^namespace not found/.test(error.message)) {
    return 'this server has only the root namespace: leave out -namespace, STRONGROOM_NAMESPACE and VAULT_NAMESPACE';
  }
  if (error.hint !== undefined) return error.hint;
  if (!(error instanceof ApiError)) return undefined;
  if (error.code === 'sealed') return 'the server is sealed: see "strongroom status" and "strongroom operator unseal"';
  if (error.retryAfterSeconds !== undefined) return `try again in ${error.retryAfterSeconds} s`;
  return undefined;
}

/**
 * Says what happened in one line, what to do in one, and the request id in one. Of an error that is not ours only its
 * kind is told: its text might hold anything.
 */
export function printError(context: CliContext, error: unknown, hasToken = true): ExitCode {
  const write = (text: string): unknown => context.stderr.write(`${text}\n`);
  if (!(error instanceof StrongroomError)) {
    const kind = error instanceof Error ? error.name : 'unknown';
    write(`error: the command failed unexpectedly (${oneLine(kind)})`);
    return 2;
  }
  // What has no text of its own was made of status and path: said once.
  const status = error instanceof ApiError && error.errors.length > 0 ? ` (${error.status}, ${error.request})` : '';
  write(`error: ${oneLine(error.message)}${status}`);
  const hint = hintOf(error, hasToken);
  if (hint !== undefined) write(`hint: ${oneLine(hint)}`);
  if (error instanceof ApiError && error.requestId !== undefined) write(`request: ${oneLine(error.requestId)}`);
  return error instanceof UsageError ? 1 : 2;
}
