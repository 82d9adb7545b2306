import type { IncomingHttpHeaders } from 'node:http';
import { StrongroomError } from '../lib/index.ts';

const maxCredentialLength = 8_192;
const scheme = 'Bearer ';

/**
 * The credential a request presents, from the headers where credentials may stand and from nowhere else. Two different
 * ones are refused: no reader should have to know which of them counts. An unreadable one is not ignored.
 */
export function presentedCredential(headers: IncomingHttpHeaders): string | undefined {
  const found: string[] = [];
  const vault = headers['x-vault-token'];
  if (typeof vault === 'string' && vault !== '') found.push(vault);
  const { authorization } = headers;
  // Other schemes are not ours: Basic and the like are left alone, as if no token had come.
  if (authorization?.startsWith(scheme)) found.push(authorization.slice(scheme.length));
  const apiKey = headers['x-api-key'];
  if (typeof apiKey === 'string' && apiKey !== '') found.push(apiKey);
  const first = found[0];
  if (first === undefined) return undefined;
  for (const other of found) {
    if (other !== first) {
      throw new StrongroomError('credential_conflict', 'two different credentials were presented', {
        hint: 'send one of X-Vault-Token, Authorization: Bearer and X-API-Key',
      });
    }
  }
  if (first.length > maxCredentialLength || !/^[\x21-\x7e]+$/.test(first)) {
    throw new StrongroomError('unauthenticated', 'permission denied', { hint: 'the credential is malformed' });
  }
  return first;
}
