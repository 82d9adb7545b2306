import type { HclValue } from '../../lib/hcl/index.ts';
import type { Json } from '../../lib/index.ts';

/** Whether a value is one that `allowed_parameters` lists: equal, or matching its glob. An empty list allows any. */
export function isListedValue(listed: readonly HclValue[], value: Json): boolean {
  return listed.length === 0 || listed.some((item) => matches(item, value));
}

/**
 * Whether a value is one that `denied_parameters` lists. Wider than equality, because fields are read leniently later:
 * `"5"` is 5, `"a,b"` and `["a","b"]` are the same list, and names are compared in lower case. An empty list denies any.
 */
export function isDeniedValue(listed: readonly HclValue[], value: Json): boolean {
  if (listed.length === 0 || listed.some((item) => matches(item, value))) return true;
  if (Array.isArray(value)) return value.some((element) => isDeniedValue(listed, element as Json));
  if (value === null || typeof value === 'object') return false;
  const text = String(value).toLowerCase();
  const parts = text.includes(',') ? [text, ...text.split(',')] : [text];
  return listed.some((item) => {
    const pattern = scalarText(item)?.toLowerCase();
    return pattern !== undefined && parts.some((part) => matchesGlob(pattern, part.trim()));
  });
}

function scalarText(item: HclValue): string | undefined {
  if (item.kind === 'string') return item.text;
  return item.kind === 'number' || item.kind === 'boolean' ? String(item.value) : undefined;
}

function matches(item: HclValue, value: Json): boolean {
  if (item.kind === 'string' && typeof value === 'string') return matchesGlob(item.text, value);
  return isEqual(item, value);
}

/** `*` at the start or the end of a text of two or more characters stands for anything. */
function matchesGlob(pattern: string, text: string): boolean {
  if (pattern.length < 2) return pattern === text;
  const opensStart = pattern.startsWith('*');
  const opensEnd = pattern.endsWith('*');
  const core = pattern.slice(opensStart ? 1 : 0, opensEnd ? -1 : undefined);
  if (opensStart) return opensEnd ? text.includes(core) : text.endsWith(core);
  return opensEnd ? text.startsWith(core) : text === pattern;
}

function isEqual(item: HclValue, value: Json): boolean {
  switch (item.kind) {
    case 'null':
      return value === null;
    case 'string':
      return value === item.text;
    case 'number':
    case 'boolean':
      return value === item.value;
    case 'list':
      return (
        Array.isArray(value) &&
        value.length === item.items.length &&
        item.items.every((inner, index) => isEqual(inner, value[index] as Json))
      );
    case 'object': {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
      const record = value as { readonly [key: string]: Json };
      return (
        Object.keys(record).length === item.entries.length &&
        item.entries.every(({ key, value: inner }) => Object.hasOwn(record, key) && isEqual(inner, record[key] as Json))
      );
    }
  }
}
