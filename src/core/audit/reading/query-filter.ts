import { isJsonObject, type JsonObject, StrongroomError } from '../../../lib/index.ts';
import { quote } from '../lines/quote.ts';

/** What to look for. Members that are undefined restrict nothing; all others must hold. */
export interface AuditFilter {
  /** The route's operation id, such as `token.token.create`; without its first part it means those of every engine. */
  readonly operation?: string | undefined;
  /** The entity that asked, or that was given a token. */
  readonly entityId?: string | undefined;
  /** A token accessor, as its owner knows it: whoever asked with it, was given it or was handed it as a value. */
  readonly accessor?: string | undefined;
  /** An API key's or PAT's id: asked with, created, or acted on. */
  readonly credentialId?: string | undefined;
  /** The request path: exact, or all paths below it when it ends in `*`. */
  readonly path?: string | undefined;
  readonly address?: string | undefined;
  /** Inclusive, milliseconds since 1970. */
  readonly sinceMillis?: number | undefined;
  /** Exclusive, milliseconds since 1970. */
  readonly untilMillis?: number | undefined;
  /** `ok` or an error code. */
  readonly outcome?: string | undefined;
}

/** A filter made ready: byte sequences a matching line holds for sure, and the exact check of the parsed line. */
export interface PreparedFilter {
  /** Per condition, alternatives of which a line must hold one. The rarest come first. */
  readonly needles: readonly (readonly Buffer[])[];
  matches(event: JsonObject): boolean;
}

type Condition = { readonly needles: readonly string[]; holds(event: JsonObject): boolean };

const longestText = 1024;

function member(event: JsonObject, ...names: readonly string[]): unknown {
  let value: unknown = event;
  for (const name of names) {
    if (!isJsonObject(value)) return undefined;
    value = value[name];
  }
  return value;
}

function exact(names: readonly string[], text: string): Condition {
  const last = names.at(-1) as string;
  return { needles: [`"${last}":${quote(text)}`], holds: (event) => member(event, ...names) === text };
}

/** `token.create` also finds `token.token.create`: few know an engine's type by heart. */
function byOperation(text: string): Condition {
  return {
    needles: [`"route":${quote(text)}`, `.${quote(text).slice(1)}`],
    holds: (event) => {
      const id = member(event, 'request', 'route');
      return typeof id === 'string' && (id === text || id.slice(id.indexOf('.') + 1) === text);
    },
  };
}

function underPath(text: string): Condition {
  if (!text.endsWith('*')) return exact(['request', 'path'], text);
  const start = text.slice(0, -1);
  return {
    needles: [`"path":${quote(start).slice(0, -1)}`],
    holds: (event) => {
      const path = member(event, 'request', 'path');
      return typeof path === 'string' && path.startsWith(start);
    },
  };
}

function byEntity(id: string): Condition {
  return {
    needles: [`"entity_id":${quote(id)}`],
    holds: (event) =>
      member(event, 'auth', 'entity_id') === id || member(event, 'response', 'auth', 'entity_id') === id,
  };
}

/** The line holds the value as a keyed hash, anywhere, or in clear in one of the places such a value has. */
function mentions(id: string, hash: (text: string) => string, places: readonly string[], inPath: boolean): Condition {
  const hashed = hash(id);
  const needles = [`"${hashed}"`, quote(id)];
  if (inPath) needles.push(quote(id).slice(1, -1));
  return {
    needles,
    holds: (event) => {
      const path = member(event, 'request', 'path');
      if (inPath && typeof path === 'string' && path.split('/').includes(id)) return true;
      return holdsValue(event, hashed, id, new Set(places), '');
    },
  };
}

function holdsValue(value: unknown, hashed: string, clear: string, places: ReadonlySet<string>, key: string): boolean {
  if (typeof value === 'string') return value === hashed || (value === clear && places.has(key));
  if (Array.isArray(value)) return value.some((item) => holdsValue(item, hashed, clear, places, key));
  if (!isJsonObject(value)) return false;
  return Object.keys(value).some((name) => holdsValue(value[name], hashed, clear, places, name));
}

const accessorPlaces = ['accessor', 'client_token_accessor', 'wrapped_accessor'];
const credentialPlaces = ['credential_id', 'key_id', 'id'];

/**
 * Prepares a filter; accessors and credential ids are hashed as in the log.
 * @throws StrongroomError `invalid_field` for texts or times that cannot be.
 */
export function prepareFilter(filter: AuditFilter, hash: (text: string) => string): PreparedFilter {
  const conditions: Condition[] = [];
  const add = (text: string | undefined, condition: (text: string) => Condition): void => {
    if (text === undefined) return;
    if (text.length === 0 || text.length > longestText) throw badFilter();
    conditions.push(condition(text));
  };
  add(filter.credentialId, (id) => mentions(id, hash, credentialPlaces, true));
  add(filter.accessor, (id) => mentions(id, hash, accessorPlaces, false));
  add(filter.entityId, byEntity);
  add(filter.operation, byOperation);
  add(filter.path, underPath);
  add(filter.address, (text) => exact(['request', 'remote_address'], text));
  add(filter.outcome, (text) => exact(['outcome'], text));
  for (const millis of [filter.sinceMillis, filter.untilMillis]) {
    if (millis !== undefined && !(Math.abs(millis) <= 8.64e15)) throw badFilter();
  }
  return {
    needles: conditions.map(({ needles }) => needles.map((text) => Buffer.from(text, 'utf8'))),
    matches: (event) => conditions.every((condition) => condition.holds(event)),
  };
}

function badFilter(): StrongroomError {
  return new StrongroomError('invalid_field', 'the audit filter is not valid', {
    hint: `texts have 1 to ${longestText} characters; times are RFC 3339`,
  });
}
