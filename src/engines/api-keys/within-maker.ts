import {
  type Credential,
  type EngineRequest,
  isEverlastingRoot,
  type Principal,
  requirePrincipal,
} from '../../core/index.ts';
import { parseCidrList, StrongroomError } from '../../lib/index.ts';
import type { KeyStore } from './key-store.ts';

/** What a key that has policies here would otherwise give whoever makes or changes it: more than they have. */

function refuse(message: string, hint: string): never {
  throw new StrongroomError('invalid_request', message, { hint });
}

/** The API key that calls, of whichever mount; undefined for other callers. */
export async function callingKey(keys: KeyStore, request: EngineRequest<unknown>): Promise<Credential | undefined> {
  const principal = requirePrincipal(request);
  return principal.kind === 'api_key' ? readCredential(keys, request.namespace, principal) : undefined;
}

async function readCredential(
  keys: KeyStore,
  namespace: string,
  { credentialId: id }: Principal,
): Promise<Credential | undefined> {
  const row = await keys.core.store.read('credentials', { namespace, id });
  return row && keys.credentials.open(row);
}

/**
 * The maker gives only policies they have, unless they hold sudo on the path: those a key gets from its space are given
 * by whoever makes the key. A key that makes keys never widens itself.
 */
export function requireGivable(request: EngineRequest<unknown>, policies: readonly string[]): void {
  const principal = requirePrincipal(request);
  const sudo = principal.acls.every((acl) => acl.decide({ path: request.path, operation: 'update' }).sudo);
  if (sudo && principal.kind === 'token') return;
  const missing = policies.find((policy) => !principal.policies.includes(policy));
  if (missing !== undefined)
    refuse(`policy ${JSON.stringify(missing)} is not one of yours`, 'a key gets at most what its maker has');
}

/** An API key gives only scopes it has. */
export async function requireScopesOfMaker(
  keys: KeyStore,
  request: EngineRequest<unknown>,
  scopes: readonly string[],
): Promise<void> {
  const caller = await callingKey(keys, request);
  const missing = caller && scopes.find((scope) => !caller.body.apiKey?.scopes.includes(scope));
  if (missing !== undefined)
    refuse(`scope ${JSON.stringify(missing)} is not one of yours`, 'an API key gives at most the scopes it has');
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
export async function refuseCountedMaker(
  keys: KeyStore,
  request: EngineRequest<unknown>,
  policies: readonly string[],
): Promise<void> {
  if (policies.length === 0) return;
  if (requirePrincipal(request).usesLeft !== undefined)
    refuse('a token with limited uses cannot make keys that have policies', 'use a token without a limit of uses');
  const caller = await callingKey(keys, request);
  if (caller && caller.row.credits_left !== null)
    refuse('an API key with credits cannot make keys that have policies', 'use a key without credits');
}

/** The address blocks of a key that has policies here: within its maker's, and the maker's when it has none. */
export async function blocksWithinMaker(
  keys: KeyStore,
  request: EngineRequest<unknown>,
  wanted: readonly string[],
  policies: readonly string[],
): Promise<readonly string[]> {
  if (policies.length === 0) return wanted;
  const outer = await blocksOf(keys, request.namespace, requirePrincipal(request));
  const fits = (blocks: readonly string[]): boolean =>
    outer.every((list) => blocks.every((block) => parseCidrList(list).covers(block)));
  if (outer.length === 0) return wanted;
  const usual = wanted.length > 0 ? wanted : outer.find(fits);
  if (usual && fits(usual)) return usual;
  return refuse('bound_cidrs must lie within those of whoever makes the key', 'name blocks within');
}

/** Each list that binds the caller: an API key is bound by its space's and its own. */
async function blocksOf(keys: KeyStore, namespace: string, principal: Principal): Promise<readonly string[][]> {
  const bounds = async (): Promise<(readonly string[])[]> => {
    const { token } = principal;
    if (token) {
      if (isEverlastingRoot(token)) return [];
      return [token.body.strictAddress === '' ? token.body.boundCidrs : [token.body.strictAddress]];
    }
    const caller = await readCredential(keys, namespace, principal);
    const mount = caller && keys.core.mounts.byId(caller.row.mount);
    const space = mount && (await keys.spaces.read(mount, caller.row.space));
    return [caller?.body.boundCidrs ?? [], space?.body.boundCidrs ?? []];
  };
  return (await bounds()).filter((list) => list.length > 0).map((list) => [...list]);
}
