/**
 * A second, naive reading of how policies decide, kept apart from the product's code on purpose: nothing is shared but
 * the meaning. Slow and short, so that it can be checked by reading.
 */
export interface ModelRule {
  readonly pattern: string;
  readonly capabilities: readonly string[];
}

export type ModelPolicy = readonly ModelRule[];

const isWild = (pattern: string) => pattern.endsWith('*') || pattern.split('/').includes('+');

function matches(pattern: string, path: string): boolean {
  const open = pattern.endsWith('*');
  const wanted = (open ? pattern.slice(0, -1) : pattern).split('/');
  if (!wanted.includes('+')) return path.startsWith(pattern.slice(0, -1));
  const given = path.split('/');
  if (open ? given.length < wanted.length : given.length !== wanted.length) return false;
  return wanted.every(
    (segment, index) =>
      segment === '+' ||
      segment === given[index] ||
      (open && index === wanted.length - 1 && (given[index] as string).startsWith(segment)),
  );
}

/** Larger decides first, compared member by member. */
function rank(pattern: string): (number | string)[] {
  const open = pattern.endsWith('*');
  const body = open ? pattern.slice(0, -1) : pattern;
  const segments = body.split('/');
  const plus = segments.indexOf('+');
  const firstWildcard = plus === -1 ? body.length : segments.slice(0, plus).join('/').length + (plus === 0 ? 0 : 1);
  return [firstWildcard, open ? 0 : 1, -segments.filter((segment) => segment === '+').length, body.length, pattern];
}

function outranks(left: string, right: string): boolean {
  const [leftRank, rightRank] = [rank(left), rank(right)];
  const index = leftRank.findIndex((member, at) => member !== rightRank[at]);
  return index !== -1 && (leftRank[index] as number | string) > (rightRank[index] as number | string);
}

/** The capabilities of one pattern over all policies: any deny leaves deny alone. */
function merged(policies: readonly ModelPolicy[], pattern: string): string[] {
  const all = policies.flat().filter((rule) => rule.pattern === pattern);
  const capabilities = new Set(all.flatMap((rule) => rule.capabilities));
  return capabilities.has('deny') ? ['deny'] : [...capabilities].sort();
}

function bestWild(patterns: readonly string[], path: string): string | undefined {
  const matching = patterns.filter((pattern) => isWild(pattern) && matches(pattern, path));
  return matching.find((pattern) => matching.every((other) => other === pattern || outranks(pattern, other)));
}

/** The pattern that decides on a path, or on listing it. */
export function decidingPattern(policies: readonly ModelPolicy[], path: string, listing: boolean): string | undefined {
  const patterns = [...new Set(policies.flat().map((rule) => rule.pattern))];
  const bare = path.endsWith('/') ? path.slice(0, -1) : path;
  for (const spelling of listing ? [`${bare}/`, bare] : [path]) {
    if (patterns.includes(spelling) && !isWild(spelling)) return spelling;
  }
  if (!listing) return bestWild(patterns, path);
  const [folder, leaf] = [bestWild(patterns, `${bare}/`), bestWild(patterns, bare)];
  if (folder === undefined || leaf === undefined) return folder ?? leaf;
  return merged(policies, leaf)[0] === 'deny' && outranks(leaf, folder) ? leaf : folder;
}

export function modelAllows(policies: readonly ModelPolicy[], path: string, operation: string): boolean {
  const pattern = decidingPattern(policies, path, operation === 'list' || operation === 'scan');
  return pattern !== undefined && merged(policies, pattern).includes(operation);
}

export function modelCapabilities(policies: readonly ModelPolicy[], path: string): string[] {
  const pattern = decidingPattern(policies, path, path.endsWith('/'));
  const capabilities = pattern === undefined ? [] : merged(policies, pattern);
  return capabilities.length === 0 ? ['deny'] : capabilities;
}
