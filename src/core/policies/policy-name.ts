import { StrongroomError } from '../../lib/index.ts';

const maxNameBytes = 512;
/** Each is looked up and read when rights are put together, and stands in every token. */
const maxNames = 256;
const namePattern = /^[\p{L}\p{M}\p{N} _.:@/+=~!#$&'()*-]+$/u;

/**
 * The one spelling of a policy's name: trimmed, in lower case, Unicode NFC. Names are compared in this spelling only.
 * A name is not a path: what could lead out of its folder is refused.
 *
 * @returns `changed` when the caller wrote it differently, which deserves a warning
 * @throws StrongroomError `invalid_field` for a name that is empty, longer than 512 bytes or holds other characters
 */
export function normalizePolicyName(name: string): { name: string; changed: boolean } {
  // The length is judged first, so that nothing below works on a long text.
  if (name.length > maxNameBytes * 2) refuse();
  const normal = name.trim().normalize('NFC').toLowerCase().normalize('NFC');
  if (normal === '' || Buffer.byteLength(normal) > maxNameBytes || !namePattern.test(normal)) refuse();
  if (normal.includes('..') || normal.split('/').some((part) => part === '' || part === '.')) refuse();
  return { name: normal, changed: normal !== name };
}

/**
 * Names as a token keeps them: normalised, each once, in byte order. `root` swallows all others, since it already
 * allows everything. Empty entries are left out.
 *
 * @param options.addDefault adds `default`, except beside `root`
 */
export function sanitizePolicyNames(names: readonly string[], options: { addDefault?: boolean } = {}): string[] {
  if (names.length > maxNames) {
    throw new StrongroomError('invalid_field', 'too many policies', {
      hint: `at most ${maxNames}: put what belongs together into one policy`,
    });
  }
  const unique = new Set<string>();
  for (const name of names) if (name.trim() !== '') unique.add(normalizePolicyName(name).name);
  if (unique.has('root')) return ['root'];
  if (options.addDefault === true) unique.add('default');
  return [...unique].sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
}

function refuse(): never {
  throw new StrongroomError('invalid_field', 'invalid policy name', {
    hint: 'use letters, digits and _ - . : @ / + = ~ of at most 512 bytes; no "..", and no "/" at the start, at the end or doubled',
  });
}
