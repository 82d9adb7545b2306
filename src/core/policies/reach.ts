import type { MergedRule } from './merged-rule.ts';
import type { RuleTable } from './rule-table.ts';

/** A segment no rule can name: rules hold no control characters. Only wildcards match it. */
const anySegment = '\u0001';

/**
 * Whether some path that starts with `prefix` (such as `secret/`) is granted anything. For each granting rule that can
 * match under the prefix, example paths are made and decided on like requests, so that a grant hidden by a more
 * specific `deny` does not count.
 */
export function grantsAnythingUnder(table: RuleTable, prefix: string): boolean {
  if (table.findForListing(prefix)?.grantsAnything === true) return true;
  for (const rule of table.exact.values()) {
    if (rule.grantsAnything && rule.pattern.text.startsWith(prefix)) return true;
  }
  const longest = longestRule(table);
  for (const rule of table.wild.values()) {
    if (!rule.grantsAnything) continue;
    const example = examplePath(rule, prefix);
    if (example === undefined) continue;
    // Rules of a fixed number of segments may hide an example: an open rule is tried at every length they could have.
    const lengths = rule.pattern.wild?.isOpen === true ? longest : 1;
    for (let extra = 0, path = example; extra < lengths; extra += 1, path += `/${anySegment}`) {
      if (table.find(path)?.grantsAnything === true) return true;
    }
  }
  return false;
}

/** Segments of the longest rule, and one more. */
function longestRule(table: RuleTable): number {
  let longest = 0;
  for (const { pattern } of table.wild.values()) longest = Math.max(longest, pattern.text.split('/').length);
  return longest + 1;
}

/** A path under the prefix that the rule matches, with unnamed segments wherever anything may stand. */
function examplePath(rule: MergedRule, prefix: string): string | undefined {
  const wild = rule.pattern.wild;
  if (wild === undefined) return undefined;
  const body = wild.isOpen ? rule.pattern.text.slice(0, -1) : rule.pattern.text;
  const wanted = body.split('/');
  const given = prefix.split('/');
  const result: string[] = [];
  for (let index = 0; index < Math.max(wanted.length, given.length); index += 1) {
    const segment = joinSegment(
      { text: wanted[index], isLast: index === wanted.length - 1, isOpen: wild.isOpen },
      { text: given[index], isLast: index === given.length - 1 },
    );
    if (segment === undefined) return undefined;
    result.push(segment);
  }
  return result.join('/');
}

interface PatternSegment {
  readonly text: string | undefined;
  readonly isLast: boolean;
  readonly isOpen: boolean;
}

/** A segment that fits both the rule and the prefix, whose last segment is only a beginning. */
function joinSegment(
  wanted: PatternSegment,
  given: { readonly text: string | undefined; readonly isLast: boolean },
): string | undefined {
  if (wanted.text === undefined)
    return wanted.isOpen ? (given.isLast ? `${given.text}${anySegment}` : given.text) : undefined;
  const endsOpen = wanted.isLast && wanted.isOpen;
  if (given.text === undefined)
    return wanted.text === '+' ? anySegment : endsOpen ? wanted.text + anySegment : wanted.text;
  if (wanted.text === '+') return given.isLast ? given.text + anySegment : given.text;
  if (given.isLast && wanted.text.startsWith(given.text)) return endsOpen ? wanted.text + anySegment : wanted.text;
  if (endsOpen && given.text.startsWith(wanted.text)) return given.isLast ? given.text + anySegment : given.text;
  return wanted.text === given.text ? wanted.text : undefined;
}
