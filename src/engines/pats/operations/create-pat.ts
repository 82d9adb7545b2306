import {
  decideExpiry,
  type EngineRequest,
  type PatBound,
  requireCidrs,
  requireMetadata,
  requireShortText,
  requireTexts,
  sanitizePolicyNames,
} from '../../../core/index.ts';
import { type JsonObject, StrongroomError } from '../../../lib/index.ts';
import { type Change, isGuardFailure } from '../../../store/index.ts';
import { addBounds, readGrants } from '../grants.ts';
import { guardLiveLimit } from '../live-limit.ts';
import { earlierEnd, type Maker, narrowCidrs, readMaker, requireOwner } from '../maker.ts';
import { ownerRights } from '../owner.ts';
import { type PatStore, patPrefix, readRules } from '../pat-store.ts';
import { type PatRules, rulesFor } from '../rules.ts';
import { showPat } from '../show-pat.ts';

export interface CreateFields {
  readonly name: string;
  readonly grants?: unknown;
  readonly policies?: readonly string[] | undefined;
  readonly ttl?: number | undefined;
  readonly expire_time?: number | undefined;
  readonly bound_cidrs?: readonly string[] | undefined;
  readonly audience?: string | undefined;
  readonly justification?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly tags?: readonly string[] | undefined;
}

type CreateRequest = EngineRequest<CreateFields>;

function refuse(message: string, hint: string): never {
  throw new StrongroomError('invalid_request', message, { hint });
}

/** Makes a PAT of the caller; it is in this answer, and in its repetition under the same Idempotency-Key. */
export function createPat(pats: PatStore, request: CreateRequest): Promise<JsonObject> {
  return takeTurn(pats, request, async () => {
    const maker = await readMaker(pats, request);
    const { entityId } = maker.principal;
    const rules = await requireRules(pats, request, entityId);
    const guards = await guardLiveLimit(pats, request, { entityId, rules, rotates: false });
    return mint(pats, request, maker, rules, guards);
  });
}

const maxAttempts = 20;

/** Writes of one owner take turns here; against other nodes their guards hold, and everything is decided anew. */
export function takeTurn(
  pats: PatStore,
  request: EngineRequest<unknown>,
  make: () => Promise<{ readonly changes: readonly Change[]; readonly data: JsonObject }>,
): Promise<JsonObject> {
  const { entityId } = requireOwner(request);
  return pats.turns.take(`${request.mount.id}/${entityId}`, async () => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await pats.answers.once(request, make);
      } catch (error) {
        if (!isGuardFailure(error) || attempt >= maxAttempts) throw error;
        await requireLiveCaller(pats, request);
      }
    }
  });
}

/** A guard may have failed because the caller was revoked meanwhile: then trying again is no use. */
async function requireLiveCaller(pats: PatStore, request: EngineRequest<unknown>): Promise<void> {
  const { principal, namespace } = request;
  if (principal?.kind !== 'token' || principal.token?.type !== 'service') return;
  if (await pats.core.tokens.findById(namespace, principal.token.id)) return;
  throw new StrongroomError('unauthenticated', 'permission denied', { hint: 'the calling token was revoked' });
}

/** The rules as they bind an owner; refuses one who may have no PATs. */
export async function requireRules(
  pats: PatStore,
  request: EngineRequest<unknown>,
  entityId: string,
): Promise<PatRules> {
  const rules = await readRules(pats, request.mount);
  const entity = await pats.core.identity.findEntity(request.namespace, entityId);
  const binding = entity && rulesFor(rules, entity);
  return binding ?? refuse('the rules of this organisation give you no PATs', 'ask an administrator');
}

export function requireName(sent: string): string {
  const name = requireShortText(sent.trim(), 'name');
  if (name !== '') return name;
  throw new StrongroomError('missing_field', 'missing name', { hint: 'say what the PAT is for' });
}

async function mint(
  pats: PatStore,
  request: CreateRequest,
  maker: Maker,
  rules: PatRules,
  guards: readonly Change[],
): Promise<{ changes: readonly Change[]; data: JsonObject }> {
  const { mount, fields, nowMillis } = request;
  const { displayName, accessor, entityId } = maker.principal;
  const grants = readGrants(fields.grants);
  const policies = await requireOwnPolicies(pats, request, maker);
  const wished: PatBound[] = [...(grants === undefined ? [] : [{ grants }]), ...(policies ? [{ policies }] : [])];
  const cidrs = fields.bound_cidrs === undefined ? undefined : requireCidrs(fields.bound_cidrs);
  const minted = pats.credentials.mint({
    namespace: mount.namespace,
    kind: 'pat',
    mount: mount.id,
    space: '',
    prefix: patPrefix,
    entityId,
    expireMillis: requireExpiry(fields, maker, rules, nowMillis),
    creditsLeft: null,
    body: {
      name: requireName(fields.name),
      owner: maker.owner,
      policies: policies ?? [],
      boundCidrs: narrowCidrs(maker.boundCidrs, cidrs),
      tags: requireTexts(fields.tags, 'tags', 50),
      metadata: requireMetadata(fields.metadata),
      createdBy: { entityId, displayName, accessor },
      notBeforeMillis: null,
      rotatedFrom: null,
      rotatedTo: null,
      overlapEndMillis: null,
      reason: '',
      pat: {
        bounds: addBounds(maker.bounds, wished),
        grants: grants ?? '',
        audience: requireShortText(fields.audience, 'audience'),
        justification: requireJustification(fields.justification, rules),
        loginMount: maker.loginMount,
        withDefault: maker.withDefault,
      },
    },
  });
  return {
    changes: [...maker.guards, minted.change, ...guards],
    data: { ...showPat(minted.credential, nowMillis), token: minted.text },
  };
}

function requireExpiry(fields: CreateFields, maker: Maker, rules: PatRules, nowMillis: number): number | null {
  const { maxTtlSeconds: maxSeconds, requireExpiry: required } = rules;
  const wished = decideExpiry(fields, { nowMillis, defaultSeconds: 0, maxSeconds, required });
  return earlierEnd(wished, maker.expireMillis);
}

export function requireJustification(sent: string | undefined, rules: PatRules): string {
  const justification = requireShortText(sent, 'justification', 1_024);
  if (rules.requireJustification && justification.trim() === '')
    refuse('a justification is required', 'make one with "justification"');
  return justification;
}

/** Policies the owner has now; undefined when none were named. An empty list could be meant as all or as nothing. */
async function requireOwnPolicies(
  pats: PatStore,
  { namespace, fields }: CreateRequest,
  { principal, loginMount, withDefault }: Maker,
): Promise<readonly string[] | undefined> {
  if (fields.policies === undefined) return undefined;
  const wanted = sanitizePolicyNames(fields.policies);
  if (wanted.length === 0) refuse('the list of policies is empty', 'leave "policies" out to grant all of yours');
  const rights = await ownerRights(pats.core, { namespace, entityId: principal.entityId, loginMount, withDefault });
  const missing = wanted.find((name) => !rights?.policies.includes(name));
  if (missing === undefined) return wanted;
  return refuse(`policy ${JSON.stringify(missing)} is not one of yours`, 'a PAT gets at most what its owner has');
}
