import { type EngineRequest, isEverlastingRoot, type Principal, requirePrincipal } from '../../core/index.ts';
import { parseCidrList, StrongroomError } from '../../lib/index.ts';
import type { KeyStore } from './key-store.ts';

/** What a key that has policies here would otherwise give whoever makes or changes it: more than they have. */

function refuse(message: string, hint: string): never {
  throw new StrongroomError('invalid_request', message, { hint });
}

/**
 * The end of a key that has policies here: not later than the API key or PAT that makes or changes it, which would
 * otherwise lengthen its own life. What only others check is not bound by it.
 */
export function endWithinMaker(
  request: EngineRequest<unknown>,
  expireMillis: number | null,
  policies: readonly string[],
): number | null {
  const { kind, expireMillis: latest } = requirePrincipal(request);
  if (kind === 'token' || latest === null || policies.length === 0) return expireMillis;
  return expireMillis === null ? latest : Math.min(expireMillis, latest);
}

/** A use that is counted must not become uses that are not. */
export function refuseCountedMaker(request: EngineRequest<unknown>, policies: readonly string[]): void {
  if (policies.length > 0 && requirePrincipal(request).usesLeft !== undefined)
    refuse('a token with limited uses cannot make keys that have policies', 'use a token without a limit of uses');
}

/** The address blocks of a key that has policies here: within its maker's, and the maker's when it has none. */
export async function blocksWithinMaker(
  keys: KeyStore,
  request: EngineRequest<unknown>,
  wanted: readonly string[],
  policies: readonly string[],
): Promise<readonly string[]> {
  const outer = policies.length === 0 ? [] : await blocksOf(keys, request.namespace, requirePrincipal(request));
  if (outer.length === 0) return wanted;
  if (wanted.length === 0) return outer;
  const around = parseCidrList(outer);
  if (wanted.every((block) => around.covers(block))) return wanted;
  return refuse('bound_cidrs must lie within those of whoever makes the key', 'name blocks within, or none');
}

async function blocksOf(
  keys: KeyStore,
  namespace: string,
  { token, credentialId }: Principal,
): Promise<readonly string[]> {
  if (token) {
    if (isEverlastingRoot(token)) return [];
    return token.body.strictAddress === '' ? token.body.boundCidrs : [token.body.strictAddress];
  }
  const row = await keys.core.store.read('credentials', { namespace, id: credentialId });
  return row ? keys.credentials.open(row).body.boundCidrs : [];
}
