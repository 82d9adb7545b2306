import {
  type Answer,
  type Core,
  canonicalName,
  decideTtl,
  type EngineRequest,
  isEverlastingRoot,
  mergePolicies,
  mountLimits,
  type Principal,
  requirePrincipal,
  requireShortText,
  retryOnce,
  type TokenBody,
} from '../../../core/index.ts';
import { StrongroomError } from '../../../lib/index.ts';
import type { Change } from '../../../store/index.ts';
import type { TokenRole } from '../records.ts';
import { choosePolicies, chooseRolePolicies, matchesGlob } from './choose-policies.ts';
import { type CreateFields, decideCidrs, displayName, readMeta, requireCustomId } from './read-create-fields.ts';

type CreateRequest = EngineRequest<CreateFields>;

function refuse(message: string, hint: string): never {
  throw new StrongroomError('invalid_request', message, { hint });
}

/** Makes a token under the rules of vault-semantics 4.2. `orphan` is the route's own word; a role may say it too. */
export async function createToken(
  core: Core,
  request: CreateRequest,
  options: { readonly orphan: boolean; readonly role?: TokenRole },
): Promise<Answer> {
  const parent = requirePrincipal(request);
  const { fields } = request;
  const { role } = options;
  refuseBarrenParent(parent);
  if (parent.token) await core.tokens.requireRoomBelow(parent.token);
  const sudo = hasSudo(request, parent);
  const orphan = decideOrphan(fields, sudo, options);
  const type = decideType(fields, role);
  const wish = { requested: fields.policies ?? [], noDefault: fields.no_default_policy === true };
  const policies = role ? chooseRolePolicies(wish, role, parent, sudo) : choosePolicies(wish, parent, sudo);
  await warnAboutMissing(core, request, policies);
  const isRoot = policies.includes('root');
  if (type === 'batch') refuseBatch(fields, isRoot);
  const limits = decideLimits(core, request, { parent, role, sudo, isRoot, type });
  const customText =
    fields.id === undefined || fields.id === '' ? undefined : requireCustomId(fields.id, sudo, type, request.warn);
  const boundCidrs = decideCidrs(fields, role, parent);
  const nowMillis = core.clock.nowMillis();
  const body: Omit<TokenBody, 'accessor'> = {
    policies,
    path: role ? `auth/token/create/${role.name}${role.pathSuffix ? `/${role.pathSuffix}` : ''}` : request.path,
    meta: readMeta(fields.meta),
    displayName: displayName(fields.display_name),
    usesAtIssue: limits.numUses,
    creationTtlSeconds: limits.ttlSeconds,
    periodSeconds: limits.periodSeconds,
    explicitMaxSeconds: limits.explicitMaxSeconds,
    roleTtlSeconds: 0,
    roleMaxSeconds: 0,
    boundCidrs,
    role: role?.name ?? '',
    renewable: limits.renewable,
    issuedMillis: nowMillis,
    lastRenewedMillis: 0,
    strictAddress: role ? '' : (parent.token?.body.strictAddress ?? ''),
    internal: {},
    createdBy: { entityId: parent.entityId, displayName: parent.displayName, accessor: parent.accessor },
  };
  // Another first token under the same entity_alias may come in between: the second time the alias is there.
  const { entity, minted } = await retryOnce(async () => {
    const entity = await decideEntity(core, request, { parent, role, orphan });
    const minted = core.tokens.mint({
      type,
      namespace: request.namespace,
      parent: orphan ? null : parent.credentialId,
      entityId: entity.id,
      mount: null,
      expireMillis: limits.ttlSeconds === 0 ? null : nowMillis + limits.ttlSeconds * 1000,
      body,
      ...(customText !== undefined && { customText }),
    });
    try {
      const guards = orphan ? [makerLives(core, request, parent)] : [];
      await core.store.commit([...guards, ...entity.changes, ...minted.changes]);
    } catch (error) {
      throw await explainFailure(core, request, error, minted.record.id, parent);
    }
    return { entity, minted };
  });
  return {
    auth: {
      clientToken: minted.text,
      accessor: minted.record.body.accessor,
      policies: mergePolicies(policies, entity.policies),
      tokenPolicies: policies,
      identityPolicies: entity.policies,
      metadata: body.meta,
      leaseSeconds: limits.ttlSeconds,
      renewable: limits.renewable,
      entityId: entity.id,
      tokenType: type,
      orphan,
      usesLeft: limits.numUses,
    },
  };
}

/** As a parent must live when it gets a child, so must whoever makes an orphan: once revoked, nobody makes more. */
function makerLives(core: Core, { namespace }: CreateRequest, { credentialId: id }: Principal): Change {
  return { kind: 'check', table: 'tokens', key: { namespace, id }, notExpiredAtMillis: core.clock.nowMillis() };
}

function refuseBarrenParent(parent: Principal): void {
  // Their bounds are more than a list of policies, and revoking them would leave the token alive.
  if (parent.kind !== 'token') {
    refuse('API keys and personal access tokens cannot create tokens', 'log in, and create it with the token you get');
  }
  if (parent.tokenType === 'batch') refuse('batch tokens cannot create more tokens', 'use a service token');
  if (parent.usesLeft !== undefined) {
    refuse('restricted use token cannot generate child tokens', 'use a token without a limit of uses');
  }
}

function hasSudo(request: CreateRequest, principal: Principal): boolean {
  return principal.acls.every((acl) => {
    const decision = acl.decide({ path: request.path, operation: 'update' });
    return decision.allowed && decision.sudo;
  });
}

function decideOrphan(
  fields: CreateFields,
  sudo: boolean,
  options: { readonly orphan: boolean; readonly role?: TokenRole },
): boolean {
  if (options.role) return options.role.orphan;
  if (options.orphan) return true;
  if (fields.no_parent === true) {
    if (!sudo) refuse('root or sudo privileges required to create orphan token', 'use auth/token/create-orphan');
    return true;
  }
  return false;
}

function decideType(fields: CreateFields, role: TokenRole | undefined): 'service' | 'batch' {
  const asked = fields.type ?? '';
  if (asked !== '' && asked !== 'service' && asked !== 'batch')
    refuse("invalid 'token_type' value", 'service or batch');
  if (role?.type === 'service' || role?.type === 'batch') return role.type;
  if (asked !== '') return asked as 'service' | 'batch';
  return role?.type === 'default-batch' ? 'batch' : 'service';
}

function refuseBatch(fields: CreateFields, isRoot: boolean): void {
  const limit = (['explicit_max_ttl', 'num_uses', 'period'] as const).find((name) => (fields[name] ?? 0) > 0);
  if (limit) refuse(`batch tokens cannot have "${limit}" set`, 'use a service token');
  if (isRoot) refuse('batch tokens cannot be root tokens', 'use a service token');
}

interface Limits {
  readonly ttlSeconds: number;
  readonly periodSeconds: number;
  readonly explicitMaxSeconds: number;
  readonly numUses: number;
  readonly renewable: boolean;
}

function smallerSet(left: number, right: number): number {
  if (left === 0 || right === 0) return left || right;
  return Math.min(left, right);
}

function decideLimits(
  core: Core,
  request: CreateRequest,
  facts: { parent: Principal; role: TokenRole | undefined; sudo: boolean; isRoot: boolean; type: 'service' | 'batch' },
): Limits {
  const { fields, mount } = request;
  const { role } = facts;
  if ((fields.num_uses ?? 0) < 0) refuse('number of uses cannot be negative', '0 means unlimited');
  if ((fields.period ?? 0) > 0 && !facts.sudo) {
    refuse('root or sudo privileges required to create periodic token', 'use a role that has a period');
  }
  const periodSeconds = smallerSet(fields.period ?? 0, role?.periodSeconds ?? 0);
  const explicitMaxSeconds = smallerSet(fields.explicit_max_ttl ?? 0, role?.explicitMaxSeconds ?? 0);
  if ((fields.explicit_max_ttl ?? 0) > 0 && (role?.explicitMaxSeconds ?? 0) > 0) {
    request.warn(
      `Explicit max TTL specified both during creation call and in role; using the lesser value of ${explicitMaxSeconds} seconds`,
    );
  }
  const numUses = smallerSet(fields.num_uses ?? 0, role?.numUses ?? 0);
  const wished = fields.ttl ?? fields.lease ?? 0;
  const renewable = facts.type === 'service' && (fields.renewable ?? true) && (role?.renewable ?? true);
  if (facts.isRoot && wished === 0 && periodSeconds === 0 && explicitMaxSeconds === 0) {
    const everlasting = facts.parent.token !== undefined && isEverlastingRoot(facts.parent.token);
    if (!everlasting) refuse('expiring root tokens cannot create non-expiring root tokens', 'give the token a ttl');
    return { ttlSeconds: 0, periodSeconds, explicitMaxSeconds, numUses, renewable: false };
  }
  const nowMillis = core.clock.nowMillis();
  const bounds = mountLimits(mount, core.settings);
  const ttl = decideTtl({
    incrementSeconds: wished,
    roleTtlSeconds: 0,
    periodSeconds,
    roleMaxSeconds: 0,
    explicitMaxSeconds,
    mountDefaultSeconds: bounds.defaultSeconds,
    mountMaxSeconds: bounds.maxSeconds,
    issuedMillis: nowMillis,
    nowMillis,
  });
  for (const warning of ttl.warnings) request.warn(warning);
  return { ttlSeconds: ttl.seconds, periodSeconds, explicitMaxSeconds, numUses, renewable };
}

async function decideEntity(
  core: Core,
  request: CreateRequest,
  facts: { parent: Principal; role: TokenRole | undefined; orphan: boolean },
): Promise<{ id: string; policies: readonly string[]; changes: Parameters<Core['store']['commit']>[0] }> {
  const asked = request.fields.entity_alias ?? '';
  if (asked !== '') {
    // The one spelling that identity knows it by, before it is held against what the role allows.
    const alias = canonicalName(requireShortText(asked, 'entity_alias', 512));
    const allowed = facts.role?.allowedEntityAliases.some((glob) => matchesGlob(glob, alias)) ?? false;
    if (!facts.role)
      refuse("'entity_alias' is only allowed in combination with token role", 'create the token through a role');
    if (!allowed || alias === '') refuse("invalid 'entity_alias' value", 'the role does not allow this alias');
    const { entity, changes } = await core.identity.resolveLogin({
      namespace: request.namespace,
      mount: request.mount.accessor,
      name: alias,
    });
    if (entity.disabled)
      throw new StrongroomError('permission_denied', 'permission denied', {
        hint: 'the entity of this alias is disabled',
      });
    return { id: entity.id, policies: entity.policies, changes };
  }
  if (facts.orphan) return { id: '', policies: [], changes: [] };
  return { id: facts.parent.entityId, policies: facts.parent.identityPolicies, changes: [] };
}

async function warnAboutMissing(core: Core, request: CreateRequest, policies: readonly string[]): Promise<void> {
  for (const name of policies) {
    if (!(await core.policies.exists(request.namespace, name))) request.warn(`Policy "${name}" does not exist`);
  }
}

async function explainFailure(
  core: Core,
  request: CreateRequest,
  error: unknown,
  id: string,
  parent: Principal,
): Promise<unknown> {
  if (!(error instanceof StrongroomError) || error.code !== 'version_mismatch') return error;
  if (!(await core.tokens.findById(request.namespace, parent.credentialId))) {
    return new StrongroomError('unauthenticated', 'permission denied', { hint: 'the calling token was revoked' });
  }
  if (await core.store.read('tokens', { namespace: request.namespace, id })) {
    return new StrongroomError('invalid_request', 'cannot create a token with a duplicate ID', {
      hint: 'choose another id',
    });
  }
  return error;
}
