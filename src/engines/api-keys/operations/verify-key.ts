import {
  type Credential,
  creditsAt,
  type EngineRequest,
  type Mount,
  requirePrincipal,
  stateOf,
} from '../../../core/index.ts';
import { inspectCredential, type JsonObject, parseCidrList, readAddress, StrongroomError } from '../../../lib/index.ts';
import type { KeyStore } from '../key-store.ts';
import type { RateVerdict } from '../rate-windows.ts';
import { readThumbprint } from '../read-limits.ts';
import { heedReuse } from '../reuse.ts';
import { timeOrNull } from '../show-key.ts';
import type { Space } from '../space.ts';
import { takeUse } from '../take-use.ts';

export interface VerifyFields {
  readonly key: string;
  readonly scopes?: readonly string[] | undefined;
  readonly scope_mode?: 'all' | 'any' | undefined;
  readonly address?: string | undefined;
  readonly cert_thumbprint?: string | undefined;
  readonly cost?: number | undefined;
  readonly request_id?: string | undefined;
}

export type VerifyCode =
  | 'ok'
  | 'malformed'
  | 'checksum'
  | 'not_found'
  | 'disabled'
  | 'revoked'
  | 'expired'
  | 'not_yet_valid'
  | 'rotated'
  | 'exhausted'
  | 'address_refused'
  | 'certificate_missing'
  | 'certificate_mismatch'
  | 'scope_missing'
  | 'rate_limited'
  | 'space_disabled';

interface Verdict {
  readonly code: VerifyCode;
  readonly credential?: Credential;
  readonly creditsLeft?: number | null;
  readonly rates?: readonly RateVerdict[];
}

/** Without sudo these read alike: whoever may check keys learns nothing about keys that never were good. */
const folded: ReadonlySet<VerifyCode> = new Set(['malformed', 'checksum', 'not_found', 'revoked']);

const shapePattern = /^([a-z0-9]{1,12}_[a-z0-9]{1,12}_)[0-9A-Za-z]{33}$/;
const maxKeyLength = 128;
const maxCost = 1_000_000;

/** What stands before the body of a key, or undefined for a text that is none. Costs no read. */
export function keyPrefix(text: string): string | undefined {
  return text.length <= maxKeyLength ? shapePattern.exec(text)?.[1] : undefined;
}

/** Checks one key. Nothing but credits and rates is written before the answer. */
export async function verifyKey(
  keys: KeyStore,
  request: EngineRequest<unknown>,
  fields: VerifyFields,
): Promise<JsonObject> {
  const asked = readQuestion(fields);
  const prefix = keyPrefix(fields.key);
  const form = prefix === undefined ? 'malformed' : inspectCredential(fields.key, prefix);
  if (form !== 'well_formed') return show(request, { code: form });
  const credential = await keys.credentials.findByText(request.namespace, 'api_key', fields.key);
  if (!credential || credential.row.mount !== request.mount.id) return show(request, { code: 'not_found' });
  const verdict = await judge(keys, request.mount, credential, asked, request.nowMillis);
  if (verdict.code === 'ok') keys.credentials.lastUses.note(credential.row, request.nowMillis, asked.address ?? null);
  return show(request, verdict);
}

interface Question {
  readonly scopes: readonly string[];
  readonly scopeMode: 'all' | 'any';
  readonly address: string | undefined;
  /** Base64url, '' when none was sent. */
  readonly thumbprint: string;
  readonly cost: number;
  readonly requestId: string;
}

/** Judged before the key is looked up: that a field is refused must not tell that there is such a key. */
export function readQuestion(fields: VerifyFields): Question {
  const { scopes = [], scope_mode: scopeMode = 'all', cost = 1, request_id: requestId = '' } = fields;
  if (!Number.isInteger(cost) || cost < 0 || cost > maxCost)
    throw new StrongroomError('invalid_field', 'cost is out of range', { hint: `a whole number from 0 to ${maxCost}` });
  if (requestId.length > 256)
    throw new StrongroomError('invalid_field', 'request_id is too long', { hint: '256 characters at most' });
  const address = requireClientAddress(fields.address);
  return { scopes, scopeMode, address, thumbprint: readThumbprint(fields.cert_thumbprint), cost, requestId };
}

/** It is kept as where the key was last used from. A text that is no address is refused: it is a fault of the gateway. */
function requireClientAddress(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined;
  const address = readAddress(text);
  if (address !== undefined) return address;
  throw new StrongroomError('invalid_field', 'address is not one', {
    hint: "the client's address alone, without a port: 192.0.2.1 or 2001:db8::1",
  });
}

/** Everything that costs nothing first, then rates, then credits: a check that fails spends no credits. */
async function judge(
  keys: KeyStore,
  mount: Mount,
  credential: Credential,
  asked: Question,
  nowMillis: number,
): Promise<Verdict> {
  const space = (await keys.spaces.read(mount, credential.row.space))?.body;
  const state = stateOf(credential, nowMillis);
  if (state === 'rotated') await heedReuse(keys, credential, space, nowMillis);
  if (state !== 'active') return { code: state, credential };
  if (!space || space.disabled) return { code: 'space_disabled', credential };
  const bound = checkBinding(credential, space, asked) ?? checkScopes(credential, asked);
  if (bound) return { code: bound, credential };
  const take = () => takeUse(keys, credential, asked.cost, nowMillis);
  const taken = asked.requestId === '' ? take() : keys.checks.once(credential.row.id, asked.requestId, nowMillis, take);
  return { ...(await taken), credential };
}

function checkBinding({ body }: Credential, space: Space, asked: Question): VerifyCode | undefined {
  // A key narrows what its space allows, and never widens it.
  for (const blocks of [space.boundCidrs, body.boundCidrs]) {
    if (blocks.length > 0 && !addressFits(blocks, asked.address)) return 'address_refused';
  }
  const thumbprint = body.apiKey?.certThumbprint ?? '';
  if (thumbprint === '') return undefined;
  if (asked.thumbprint === '') return 'certificate_missing';
  return asked.thumbprint === thumbprint ? undefined : 'certificate_mismatch';
}

/** Fails closed: no address fits no block. */
function addressFits(blocks: readonly string[], address: string | undefined): boolean {
  return address !== undefined && parseCidrList(blocks).allows(address);
}

function checkScopes({ body }: Credential, { scopes, scopeMode }: Question): VerifyCode | undefined {
  if (scopes.length === 0) return undefined;
  const has = (scope: string): boolean => body.apiKey?.scopes.includes(scope) === true;
  return (scopeMode === 'any' ? scopes.some(has) : scopes.every(has)) ? undefined : 'scope_missing';
}

function show(request: EngineRequest<unknown>, verdict: Verdict): JsonObject {
  const { code, credential } = verdict;
  const valid = code === 'ok';
  const sudo = valid || holdsSudo(request);
  const shownCode = !sudo && folded.has(code) ? 'invalid' : code;
  return {
    code: shownCode,
    valid,
    ...(credential && sudo && describe(credential, verdict, request.nowMillis)),
    ...(code === 'rate_limited' && verdict.rates && { rate_limits: showRates(verdict.rates) }),
  };
}

/** On `verify`, also for a check that came in a batch. */
const holdsSudo = (request: EngineRequest<unknown>): boolean => {
  const path = `${request.mount.path}verify`;
  return requirePrincipal(request).acls.every((acl) => acl.decide({ path, operation: 'update' }).sudo);
};

const showRates = (rates: readonly RateVerdict[]): JsonObject[] =>
  rates.map(({ name, limit, remaining, resetSeconds }) => ({ limit, name, remaining, reset: resetSeconds }));

function describe(credential: Credential, verdict: Verdict, nowMillis: number): JsonObject {
  const { row, body } = credential;
  return {
    credits_left: verdict.creditsLeft === undefined ? creditsAt(credential, nowMillis) : verdict.creditsLeft,
    expire_time: timeOrNull(row.expire_millis),
    external_id: body.apiKey?.externalId ?? '',
    id: row.id,
    metadata: body.metadata,
    name: body.name,
    owner: body.owner,
    rate_limits: showRates(verdict.rates ?? []),
    scopes: body.apiKey?.scopes ?? [],
    space: row.space,
    tags: body.tags,
  };
}
