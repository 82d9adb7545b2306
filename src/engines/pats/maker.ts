import { type EngineRequest, type PatBound, type Principal, requirePrincipal, stateOf } from '../../core/index.ts';
import { parseCidrList, StrongroomError } from '../../lib/index.ts';
import type { Change } from '../../store/index.ts';
import { ownerRights } from './owner.ts';
import { type PatStore, placeOf } from './pat-store.ts';

function refuse(message: string, hint: string): never {
  throw new StrongroomError('invalid_request', message, { hint });
}

/** The caller as somebody with an identity: only they can own a PAT. */
export function requireOwner(request: EngineRequest<unknown>): Principal {
  const principal = requirePrincipal(request);
  if (principal.entityId !== '') return principal;
  return refuse('the caller has no identity', 'log in as a user or machine; root tokens and API keys have no PATs');
}

/** What whoever makes a PAT passes on to it: it is never wider than its maker, and never outlives a PAT that made it. */
export interface Maker {
  readonly principal: Principal;
  readonly owner: string;
  readonly bounds: readonly PatBound[];
  readonly loginMount: string | null;
  readonly withDefault: boolean;
  readonly boundCidrs: readonly string[];
  /** The end of a PAT that makes another one; null when nothing bounds the new one's life. */
  readonly expireMillis: number | null;
  /** Hold while the maker lives: a PAT revoked meanwhile leaves none behind. */
  readonly guards: readonly Change[];
}

/** Reads what bounds the caller as a maker of PATs; refuses those who cannot make any. */
export async function readMaker(pats: PatStore, request: EngineRequest<unknown>): Promise<Maker> {
  const principal = requireOwner(request);
  if (principal.usesLeft !== undefined)
    refuse('a token with limited uses cannot make personal access tokens', 'use a token without a limit of uses');
  return principal.kind === 'token' ? tokenMaker(pats, request, principal) : patMaker(pats, request, principal);
}

async function tokenMaker(
  pats: PatStore,
  { namespace, nowMillis }: EngineRequest<unknown>,
  principal: Principal,
): Promise<Maker> {
  const { token, entityId } = principal;
  if (!token) return refuse('the caller cannot make personal access tokens', 'log in first');
  const withDefault = principal.policies.includes('default');
  // A batch token outlives the user it was given to.
  if (!(await ownerRights(pats.core, { namespace, entityId, loginMount: token.mount, withDefault })))
    refuse('the log-in of the caller would be refused now', 'log in again');
  const { boundCidrs, strictAddress } = token.body;
  const key = { namespace, id: token.id };
  return {
    principal,
    owner: principal.displayName,
    bounds: [],
    loginMount: token.mount,
    withDefault,
    boundCidrs: strictAddress === '' ? boundCidrs : [strictAddress],
    expireMillis: null,
    // A batch token has no row.
    guards: token.type === 'service' ? [{ kind: 'check', table: 'tokens', key, notExpiredAtMillis: nowMillis }] : [],
  };
}

async function patMaker(pats: PatStore, request: EngineRequest<unknown>, principal: Principal): Promise<Maker> {
  const found = await pats.credentials.find(placeOf(request.mount), principal.credentialId);
  const details = found?.body.pat;
  if (!found || !details || stateOf(found, request.nowMillis) !== 'active')
    return refuse('the caller cannot make personal access tokens', 'log in first');
  return {
    principal,
    owner: found.body.owner,
    bounds: details.bounds,
    loginMount: details.loginMount,
    withDefault: details.withDefault,
    boundCidrs: found.body.boundCidrs,
    // One that was rotated ends with its overlap.
    expireMillis: earlierEnd(found.row.expire_millis, found.body.overlapEndMillis),
    guards: [pats.credentials.unchanged(found, request.nowMillis)],
  };
}

/** The earlier of two ends; null is never. */
export function earlierEnd(left: number | null, right: number | null): number | null {
  return left === null || right === null ? (left ?? right) : Math.min(left, right);
}

/** Address blocks within others: those asked for when all lie inside, the others when none were asked for. */
export function narrowCidrs(outer: readonly string[], wanted: readonly string[] | undefined): readonly string[] {
  if (wanted === undefined) return outer;
  if (outer.length === 0) return wanted;
  const around = parseCidrList(outer);
  if (wanted.length > 0 && wanted.every((block) => around.covers(block))) return wanted;
  return refuse('bound_cidrs can only be narrowed', 'blocks within those there are already');
}
