import {
  type Answer,
  type Core,
  decideTtl,
  type EngineRequest,
  engineKey,
  isEverlastingRoot,
  type LoginLimits,
  type Mount,
  mergePolicies,
  mountLimits,
  type RecordCollection,
  requirePrincipal,
  type TokenRecord,
} from '../../../core/index.ts';
import { StrongroomError } from '../../../lib/index.ts';
import { isGuardFailure } from '../../../store/index.ts';
import type { TokenRole } from '../records.ts';
import { ownText } from './look-up-token.ts';

function refuse(message: string, hint: string): never {
  throw new StrongroomError('invalid_request', message, { hint });
}

/** Renews the token the caller names. */
export async function renewNamed(
  core: Core,
  roles: RecordCollection<TokenRole>,
  request: EngineRequest<{ readonly token: string; readonly increment?: number | undefined }>,
): Promise<Answer> {
  if (request.fields.token === ownText(request)) return renewSelf(core, roles, request);
  const token = await core.tokens.find(request.namespace, request.fields.token);
  if (!token) refuse('token not found', 'the token is unknown, expired or revoked');
  return renewToken(core, roles, request, token, request.fields.token);
}

export async function renewSelf(
  core: Core,
  roles: RecordCollection<TokenRole>,
  request: EngineRequest<{ readonly increment?: number | undefined }>,
): Promise<Answer> {
  const principal = requirePrincipal(request);
  if (!principal.token)
    refuse('this credential is not a token', 'API keys and personal access tokens are rotated, not renewed');
  const token = { ...principal.token, usesLeft: principal.usesLeft ?? null };
  return renewToken(core, roles, request, token, ownText(request));
}

/** Moves a token's end (vault-semantics 4.4): the same limits as at issue, as they are now. */
export async function renewToken(
  core: Core,
  roles: RecordCollection<TokenRole>,
  request: EngineRequest<{ readonly increment?: number | undefined }>,
  token: TokenRecord,
  shownText: string,
): Promise<Answer> {
  if (token.type === 'batch') refuse('batch tokens cannot be renewed', 'log in again');
  if (!token.body.renewable || isEverlastingRoot(token) || token.expireMillis === null) {
    refuse('lease is not renewable', 'issue a new token');
  }
  const nowMillis = core.clock.nowMillis();
  const mount = token.mount === null ? request.mount : core.mounts.byAccessor(token.mount);
  if (!mount) refuse('lease is not renewable', 'the auth method of this token is gone');
  const limits = await currentLimits(core, roles, request, token, mount);
  const bounds = mountLimits(mount, core.settings);
  const ttl = decideTtl({
    incrementSeconds: request.fields.increment ?? 0,
    roleTtlSeconds: limits.ttlSeconds || token.body.creationTtlSeconds,
    periodSeconds: limits.periodSeconds,
    roleMaxSeconds: limits.maxTtlSeconds,
    explicitMaxSeconds: limits.explicitMaxSeconds,
    mountDefaultSeconds: bounds.defaultSeconds,
    mountMaxSeconds: bounds.maxSeconds,
    issuedMillis: token.body.issuedMillis,
    nowMillis,
  });
  for (const warning of ttl.warnings) request.warn(warning);
  const isLastUse = token.usesLeft === 0;
  if (isLastUse) request.warn('This was the last use of the token: it is not valid any more');
  const fresh = isLastUse ? token : await moveEnd(core, token, nowMillis + ttl.seconds * 1000, nowMillis);
  const entity = token.entityId === '' ? undefined : await core.identity.findEntity(token.namespace, token.entityId);
  const identityPolicies = entity?.policies ?? [];
  return {
    auth: {
      clientToken: shownText,
      accessor: token.body.accessor,
      policies: mergePolicies(token.body.policies, identityPolicies),
      tokenPolicies: token.body.policies,
      identityPolicies,
      metadata: token.body.meta,
      leaseSeconds: ttl.seconds,
      renewable: true,
      entityId: token.entityId,
      tokenType: 'service',
      orphan: token.parent === null,
      usesLeft: fresh.usesLeft ?? 0,
    },
  };
}

const maxAttempts = 50;

/** Renewals of one token at the same time all succeed; a token that is gone stays gone. */
async function moveEnd(core: Core, token: TokenRecord, expireMillis: number, nowMillis: number): Promise<TokenRecord> {
  for (let attempt = 1; ; attempt += 1) {
    const fresh =
      (await core.tokens.findById(token.namespace, token.id)) ?? refuse('token not found', 'it was revoked');
    try {
      await core.store.commit([core.tokens.renew(fresh, expireMillis, nowMillis)]);
      return fresh;
    } catch (error) {
      if (!isGuardFailure(error) || attempt >= maxAttempts) throw error;
    }
  }
}

/** What bounds the token now: its auth method's role, its token role, or what it was made with. */
async function currentLimits(
  core: Core,
  roles: RecordCollection<TokenRole>,
  request: EngineRequest,
  token: TokenRecord,
  mount: Mount,
): Promise<LoginLimits> {
  const { body } = token;
  if (token.mount !== null) {
    const engine = core.engines.get(engineKey(mount));
    if (engine?.confirmLogin) return engine.confirmLogin(token, mount, request);
  }
  const own = {
    ttlSeconds: body.roleTtlSeconds,
    maxTtlSeconds: body.roleMaxSeconds,
    periodSeconds: body.periodSeconds,
    explicitMaxSeconds: body.explicitMaxSeconds,
  };
  if (body.role === '') return own;
  const role = await roles.read(request.mount, body.role);
  if (!role) refuse(`original token role "${body.role}" could not be found, not renewing`, 'issue a new token');
  const explicit = [body.explicitMaxSeconds, role.body.explicitMaxSeconds].filter((value) => value > 0);
  return {
    ...own,
    periodSeconds: role.body.periodSeconds,
    explicitMaxSeconds: explicit.length === 0 ? 0 : Math.min(...explicit),
  };
}
