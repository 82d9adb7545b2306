import { join } from 'node:path';
import { SecretText } from '../lib/index.ts';
import { readPrivateFile, replacePrivateFile } from './files.ts';

const maxTokenBytes = 65_536;

/** Where `login` keeps the token. */
export function tokenFileName(homeFolder: string): string {
  return join(homeFolder, '.strongroom-token');
}

/** The kept token: `~/.strongroom-token`, else `~/.vault-token`. A file others may read is refused, not skipped. */
export function readTokenFile(homeFolder: string): SecretText | undefined {
  for (const name of [tokenFileName(homeFolder), join(homeFolder, '.vault-token')]) {
    const text = readPrivateFile(name, maxTokenBytes)?.toString('utf8').trim();
    if (text !== undefined && text !== '') return new SecretText(text);
  }
  return undefined;
}

/** Keeps a token, mode 0600. */
export function writeTokenFile(homeFolder: string, token: SecretText): void {
  replacePrivateFile(tokenFileName(homeFolder), token.insecureText());
}
