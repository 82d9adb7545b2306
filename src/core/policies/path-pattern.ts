/**
 * The path of a rule, taken apart for matching. A rule with neither a final `*` nor a `+` segment matches one path
 * and has no `wild` part.
 */
export interface PathPattern {
  readonly text: string;
  readonly wild: WildPattern | undefined;
}

/**
 * `head`, then for each tail one whole segment and the tail's text. `team/+/keys/+/v*` is head `team/`, tails
 * `/keys/` and `/v`, open at the end. Without `+` there are no tails.
 */
export interface WildPattern {
  readonly head: string;
  readonly tails: readonly string[];
  /** Ends in `*`: anything may follow. */
  readonly isOpen: boolean;
  /** Length of the pattern without its final `*`. */
  readonly literalLength: number;
}

/** Undefined for a text no rule may have (`+*`: neither a segment nor a prefix). */
export function parsePathPattern(text: string): PathPattern | undefined {
  if (text.includes('+*')) return undefined;
  const isOpen = text.endsWith('*');
  const body = isOpen ? text.slice(0, -1) : text;
  const pieces = splitAtWildSegments(body);
  if (pieces.length === 1 && !isOpen) return { text, wild: undefined };
  const [head, ...tails] = pieces as [string, ...string[]];
  return { text, wild: { head, tails, isOpen, literalLength: body.length } };
}

/** Splits where a whole segment is `+`, leaving out the `+` itself. */
function splitAtWildSegments(body: string): string[] {
  const pieces: string[] = [];
  let start = 0;
  for (let plus = body.indexOf('+'); plus !== -1; plus = body.indexOf('+', plus + 1)) {
    const opens = plus === 0 || body[plus - 1] === '/';
    const closes = plus === body.length - 1 || body[plus + 1] === '/';
    if (!opens || !closes) continue;
    pieces.push(body.slice(start, plus));
    start = plus + 1;
  }
  pieces.push(body.slice(start));
  return pieces;
}

/** Whether a path that starts with the pattern's head matches all of it. Linear in the path's length. */
export function matchesAfterHead(wild: WildPattern, path: string): boolean {
  const { tails } = wild;
  let position = wild.head.length;
  for (let index = 0; index < tails.length; index += 1) {
    const tail = tails[index] as string;
    const slash = path.indexOf('/', position);
    position = slash === -1 ? path.length : slash;
    if (!path.startsWith(tail, position)) return false;
    position += tail.length;
  }
  return wild.isOpen || position === path.length;
}

/**
 * Orders wild patterns by which one decides when both match: negative when `left` does. First difference counts:
 * the later first wildcard; not ending in `*`; fewer `+`; longer; lexicographically larger.
 */
export function compareWildPatterns(left: PathPattern, right: PathPattern): number {
  const [leftWild, rightWild] = [left.wild as WildPattern, right.wild as WildPattern];
  return (
    rightWild.head.length - leftWild.head.length ||
    Number(leftWild.isOpen) - Number(rightWild.isOpen) ||
    leftWild.tails.length - rightWild.tails.length ||
    rightWild.literalLength - leftWild.literalLength ||
    (left.text < right.text ? 1 : left.text > right.text ? -1 : 0)
  );
}
