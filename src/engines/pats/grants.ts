import { type Acl, type Core, type Identity, type PatBound, parsePolicy } from '../../core/index.ts';
import { isJsonObject, StrongroomError } from '../../lib/index.ts';

const maxGrantsBytes = 16_384;
/** How a bound is named among the policies that granted a request. */
const grantsName = 'grants of the token';

function refuse(message: string, hint: string): never {
  throw new StrongroomError('invalid_field', message, { hint });
}

/**
 * Grants as policy text: as they are, or made from an object `{"path": ["read", …]}`. Undefined when none were sent.
 * Malformed ones are refused, and empty text too: it could be meant as all or as nothing.
 */
export function readGrants(sent: unknown): string | undefined {
  if (sent === undefined || sent === null) return undefined;
  const text = typeof sent === 'string' ? sent : fromObject(sent);
  if (text.trim() === '') refuse('the grants are empty', 'leave "grants" out to grant what the owner may do');
  if (Buffer.byteLength(text) > maxGrantsBytes) refuse('the grants are too long', '16 KiB at most');
  parsePolicy(text);
  return text;
}

function fromObject(sent: unknown): string {
  if (!isJsonObject(sent)) return refuse('grants must be policy text or an object', '{"secret/data/app": ["read"]}');
  const paths = Object.entries(sent).map(([path, rule]) => {
    if (!Array.isArray(rule) && !isJsonObject(rule))
      refuse('a path of the grants has no list of capabilities', '{"secret/data/app": ["read"]}');
    return [path, Array.isArray(rule) ? { capabilities: rule } : rule] as const;
  });
  // fromEntries defines own properties: `__proto__` stays an ordinary path.
  return JSON.stringify({ path: Object.fromEntries(paths) });
}

/** What one bound allows; `policies` as they are now. */
export function boundAcl(core: Core, namespace: string, bound: PatBound, identity: Identity): Acl | Promise<Acl> {
  if ('policies' in bound) return core.principals.acl(namespace, bound.policies, identity);
  return core.policies.aclForText(grantsName, bound.grants, identity.subject);
}

const maxBounds = 16;

/** Bounds that all apply, each once. A PAT that was narrowed too often is refused. */
export function addBounds(before: readonly PatBound[], more: readonly PatBound[]): readonly PatBound[] {
  const unique = new Map([...before, ...more].map((bound) => [JSON.stringify(bound), bound]));
  if (unique.size > maxBounds) refuse('too many bounds on one personal access token', 'make a new one from a log-in');
  return [...unique.values()];
}

/** The names of policies whose rights the bounds leave whole: none beside grants, whose rights no names describe. */
export function policiesWithin(bounds: readonly PatBound[], policies: readonly string[]): readonly string[] {
  return policies.filter((name) => bounds.every((bound) => 'policies' in bound && bound.policies.includes(name)));
}
