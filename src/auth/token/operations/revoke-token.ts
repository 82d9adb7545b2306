import { type Answer, type Core, type EngineRequest, requirePrincipal } from '../../../core/index.ts';
import { StrongroomError } from '../../../lib/index.ts';

/** Revokes a token with everything below it. One that is unknown is as good as revoked. */
export async function revokeNamed(core: Core, request: EngineRequest<{ readonly token: string }>): Promise<void> {
  const token = await core.tokens.find(request.namespace, request.fields.token);
  if (!token) return;
  if (token.type === 'batch') throw batchRefused();
  await core.tokens.revokeTree(request.namespace, token.id);
  await core.revocations.settle(request.namespace);
}

const batchRefused = (): StrongroomError =>
  new StrongroomError('invalid_request', 'batch tokens cannot be revoked', {
    hint: 'revoke its parent, or wait until it expires',
  });

export async function revokeSelf(core: Core, request: EngineRequest<unknown>): Promise<void> {
  const principal = requirePrincipal(request);
  if (!principal.token) {
    throw new StrongroomError('invalid_request', 'this credential is not a token', {
      hint: 'revoke it in its own engine',
    });
  }
  if (principal.tokenType === 'batch') throw batchRefused();
  await core.tokens.revokeTree(request.namespace, principal.token.id);
  await core.revocations.settle(request.namespace);
}

export async function revokeByAccessor(
  core: Core,
  request: EngineRequest<{ readonly accessor: string }>,
): Promise<Answer | undefined> {
  const token = await core.tokens.findByAccessor(request.namespace, request.fields.accessor);
  if (!token) {
    request.warn('No token found with this accessor');
    return { data: null };
  }
  await core.tokens.revokeTree(request.namespace, token.id);
  await core.revocations.settle(request.namespace);
  return undefined;
}

/** Revokes one token; its children live on as orphans. Needs sudo, whose lack is told as a bad request, as in Vault. */
export async function revokeOrphaning(core: Core, request: EngineRequest<{ readonly token: string }>): Promise<void> {
  const principal = requirePrincipal(request);
  const sudo = principal.acls.every((acl) => acl.decide({ path: request.path, operation: 'update' }).sudo);
  if (!sudo) {
    throw new StrongroomError('invalid_request', 'root or sudo privileges required to revoke and orphan', {
      hint: 'grant sudo on auth/token/revoke-orphan',
    });
  }
  const token = await core.tokens.find(request.namespace, request.fields.token);
  if (!token)
    throw new StrongroomError('invalid_request', 'token not found', {
      hint: 'it may have expired or been revoked already',
    });
  if (token.type === 'batch') throw batchRefused();
  await core.tokens.revokeOrphaning(token);
  await core.revocations.settle(request.namespace);
}
