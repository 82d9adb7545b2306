import { type Json, type JsonObject, StrongroomError } from '../lib/index.ts';

const maxParameters = 100;
const switches = new Set(['list', 'scan', 'help']);

export interface Query {
  readonly fields: JsonObject;
  readonly list: boolean;
  readonly scan: boolean;
  readonly help: boolean;
}

const empty: Query = { fields: {}, list: false, scan: false, help: false };

function refuse(message: string): never {
  throw new StrongroomError('invalid_request', message, { hint: 'give each switch once, as true or false' });
}

/** Reads a query string: single values as text, repeated ones as a list. The switches may not be repeated. */
export function parseQuery(text: string): Query {
  if (text === '') return empty;
  const values = new Map<string, string[]>();
  let count = 0;
  for (const [name, value] of new URLSearchParams(text)) {
    count += 1;
    if (count > maxParameters)
      throw new StrongroomError('uri_too_long', 'too many query parameters', { hint: `at most ${maxParameters}` });
    const known = values.get(name);
    if (known) known.push(value);
    else values.set(name, [value]);
  }
  const on = { list: false, scan: false, help: false };
  const fields: [string, Json][] = [];
  for (const [name, all] of values) {
    if (switches.has(name)) on[name as keyof typeof on] = readSwitch(name, all);
    else fields.push([name, all.length === 1 ? (all[0] as string) : all]);
  }
  if (on.list && on.scan) refuse('list and scan cannot be used together');
  return { fields: Object.fromEntries(fields), ...on };
}

function readSwitch(name: string, values: readonly string[]): boolean {
  if (values.length !== 1) refuse(`the parameter "${name}" is given more than once`);
  const value = (values[0] as string).toLowerCase();
  if (['true', '1', 't'].includes(value)) return true;
  if (['false', '0', 'f', ''].includes(value)) return false;
  return refuse(`the parameter "${name}" is neither true nor false`);
}
