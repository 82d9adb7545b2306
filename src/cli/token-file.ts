import { join } from 'node:path';
import { SecretText, StrongroomError } from '../lib/index.ts';
import { type ReservedFile, readPrivateFile, reserveReplacement } from './files.ts';

const maxTokenBytes = 65_536;

/** Where `login` keeps the token. */
export function tokenFileName(homeFolder: string): string {
  return join(homeFolder, '.strongroom-token');
}

/** The kept token: `~/.strongroom-token`, else `~/.vault-token`. A file others may read is refused, not skipped. */
export function readTokenFile(homeFolder: string | undefined): SecretText | undefined {
  if (homeFolder === undefined) return undefined;
  for (const name of [tokenFileName(homeFolder), join(homeFolder, '.vault-token')]) {
    const text = readPrivateFile(name, maxTokenBytes)?.toString('utf8').trim();
    if (text !== undefined && text !== '') return new SecretText(text);
  }
  return undefined;
}

/** A place, mode 0600, for the token that a log-in is about to give: what cannot be kept is not asked for. */
export function reserveTokenFile(homeFolder: string | undefined): ReservedFile {
  const hint = 'set HOME to a folder you may write to, or use -no-store or -token-only, which print the token instead';
  if (homeFolder === undefined) {
    throw new StrongroomError('precondition_failed', 'there is no home folder to keep the token in', { hint });
  }
  try {
    return reserveReplacement(tokenFileName(homeFolder));
  } catch (error) {
    const reason = error instanceof StrongroomError ? `: ${error.message}` : '';
    throw new StrongroomError('precondition_failed', `the token cannot be kept${reason}`, { hint });
  }
}
