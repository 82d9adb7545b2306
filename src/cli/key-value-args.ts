import type { BodyObject, BodyValue } from '../client/index.ts';
import { isJsonObject, type Json, parseJson, SecretText } from '../lib/index.ts';
import type { CliContext } from './context.ts';
import { readTextFile } from './files.ts';
import { readStdin, warnAboutArgv } from './secret-input.ts';
import { UsageError } from './usage-error.ts';

/** `token_policies` and its like are settings of tokens, not tokens. */
const sensitiveName = /(passw(or)?d|passphrase|secret|tokens?$|private_?key|credential|\bpin\b|^key$|_key$)/i;

/** What a name was given, and whether it came from where others cannot look. */
async function readValue(context: CliContext, name: string, text: string): Promise<BodyValue> {
  if (text === '-') return new SecretText(await readStdin(context));
  if (text.startsWith('@')) return new SecretText(readTextFile(text.slice(1)));
  if (sensitiveName.test(name)) {
    if (text !== '') warnAboutArgv(context, name, `use ${name}=- or ${name}=@file`);
    return new SecretText(text);
  }
  return text.startsWith('\\@') || text === '\\-' ? text.slice(1) : text;
}

function parseBody(text: string, where: string): { readonly [key: string]: Json } {
  let parsed: Json = null;
  try {
    parsed = parseJson(text);
  } catch {
    // What it holds may be secret: only where it came from is told.
  }
  if (!isJsonObject(parsed)) throw new UsageError(`${where} is not a JSON object`, 'write {"name": "value"}');
  return parsed;
}

/**
 * Reads the `k=v` words of a command into a body. `k=@file` is a file's content, `k=-` standard input, `k=\@x` the
 * text `@x`; a name given twice becomes a list. A lone `-` is a JSON object on standard input, a lone `@file` one in a
 * file. Values from files, standard input or under a name that sounds secret travel as `SecretText`.
 */
export async function readKeyValues(context: CliContext, words: readonly string[]): Promise<BodyObject> {
  const stdinUses = words.filter((word) => word === '-' || word.endsWith('=-')).length;
  if (stdinUses > 1) throw new UsageError('standard input can be used once');
  const body: Record<string, BodyValue> = {};
  const put = (name: string, value: BodyValue): void => {
    const before = Object.hasOwn(body, name) ? body[name] : undefined;
    const next = before === undefined ? value : Array.isArray(before) ? [...before, value] : [before, value];
    Object.defineProperty(body, name, { value: next, enumerable: true, configurable: true, writable: true });
  };
  for (const word of words) {
    if (word === '-') {
      for (const [name, value] of Object.entries(parseBody(await readStdin(context), 'standard input')))
        put(name, value);
      continue;
    }
    if (word.startsWith('@')) {
      const parsed = parseBody(readTextFile(word.slice(1)), `the file ${word.slice(1)}`);
      for (const [name, value] of Object.entries(parsed)) put(name, value);
      continue;
    }
    const equals = word.indexOf('=');
    if (equals < 1) throw new UsageError('values are written name=value, name=@file, name=-, or as JSON with -');
    const name = word.slice(0, equals);
    put(name, await readValue(context, name, word.slice(equals + 1)));
  }
  return body;
}

/** `k=v` words as query parameters. */
export function readQuery(words: readonly string[]): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = {};
  for (const word of words) {
    const equals = word.indexOf('=');
    if (equals < 1) throw new UsageError('parameters are written name=value');
    const name = word.slice(0, equals);
    const value = word.slice(equals + 1);
    const before = Object.hasOwn(query, name) ? query[name] : undefined;
    query[name] = before === undefined ? value : [before, value].flat();
  }
  return query;
}
