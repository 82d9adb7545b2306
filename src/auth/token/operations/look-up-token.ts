import { type Answer, type Core, type EngineRequest, requirePrincipal, type TokenRecord } from '../../../core/index.ts';
import { StrongroomError } from '../../../lib/index.ts';
import { showToken } from './show-token.ts';

/** The token a caller names, or the caller's own. An unknown one is refused like one that may not be seen. */
export async function lookUpToken(
  core: Core,
  request: EngineRequest<{ readonly token?: string | undefined }>,
): Promise<Answer> {
  const text = request.fields.token;
  // The caller's own is known already, also when this is the last of its uses.
  if (text === undefined || text === '' || text === ownText(request)) return lookUpSelf(core, request);
  const token = await core.tokens.find(request.namespace, text);
  if (!token) {
    throw new StrongroomError('permission_denied', 'bad token', { hint: 'the token is unknown, expired or revoked' });
  }
  return describe(core, request, token, text);
}

export function lookUpSelf(core: Core, request: EngineRequest<unknown>): Promise<Answer> | Answer {
  const principal = requirePrincipal(request);
  if (!principal.token) {
    throw new StrongroomError('invalid_request', 'this credential is not a token', {
      hint: 'API keys and personal access tokens are looked up in their own engines',
    });
  }
  const token: TokenRecord = { ...principal.token, usesLeft: principal.usesLeft ?? null };
  const own = ownText(request);
  return { data: showToken(token, own, principal.identityPolicies, core.clock.nowMillis()) };
}

/** The token as the caller presented it. */
export function ownText(request: EngineRequest<unknown>): string {
  const vault = request.header('x-vault-token');
  if (vault) return vault;
  return (request.header('authorization') ?? '').replace(/^Bearer /, '') || (request.header('x-api-key') ?? '');
}

export async function lookUpByAccessor(
  core: Core,
  request: EngineRequest<{ readonly accessor: string }>,
): Promise<Answer> {
  return describe(core, request, await requireAccessor(core, request), '');
}

/** The live token behind an accessor, or the refusal clients know. */
export async function requireAccessor(
  core: Core,
  request: EngineRequest<{ readonly accessor: string }>,
): Promise<TokenRecord> {
  const token = await core.tokens.findByAccessor(request.namespace, request.fields.accessor);
  if (token) return token;
  throw new StrongroomError('invalid_request', 'invalid accessor', { hint: 'no live token has this accessor' });
}

async function describe(core: Core, request: EngineRequest<unknown>, token: TokenRecord, id: string): Promise<Answer> {
  const entity = token.entityId === '' ? undefined : await core.identity.findEntity(request.namespace, token.entityId);
  return { data: showToken(token, id, entity?.policies ?? [], core.clock.nowMillis()) };
}

const pageSize = 1_000;

/** All accessors of live tokens. */
export async function listAccessors(core: Core, request: EngineRequest<unknown>): Promise<Answer> {
  const accessors: string[] = [];
  let after = '';
  for (;;) {
    const page = await core.tokens.page(request.namespace, { after, limit: pageSize });
    accessors.push(...page.map((token) => token.body.accessor));
    const last = page.at(-1);
    if (!last || accessors.length >= 100_000) break;
    after = last.id;
    // Others are served in between.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { data: { keys: accessors.sort() } };
}
