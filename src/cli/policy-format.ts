import { parseJson, StrongroomError } from '../lib/index.ts';

function refuse(message: string): never {
  throw new StrongroomError('invalid_field', message, { hint: 'the file was left as it was' });
}

interface Line {
  readonly text: string;
  /** Inside a heredoc or a block comment: kept as it is. */
  readonly verbatim: boolean;
  /** How many brackets the line opens more than it closes, and how many it closes first of all. */
  readonly opened: number;
  readonly closedFirst: number;
  /** Where the `=` of an attribute stands. */
  readonly equals: number;
}

interface ScanState {
  heredoc: string | undefined;
  comment: boolean;
}

/** Reads one line outside strings and comments. HCL native syntax, the parts policies use. */
function scanLine(text: string, state: ScanState): Omit<Line, 'text' | 'verbatim'> {
  let depth = 0;
  let lowest = 0;
  let equals = -1;
  let quoted = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index] as string;
    const pair = text.slice(index, index + 2);
    if (state.comment) {
      if (pair === '*/') {
        state.comment = false;
        index += 1;
      }
    } else if (quoted) {
      if (character === '\\') index += 1;
      else if (character === '"') quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === '#' || pair === '//') break;
    else if (pair === '/*') {
      state.comment = true;
      index += 1;
    } else if (pair === '<<') {
      state.heredoc = /^<<-?([A-Za-z_][A-Za-z0-9_]*)\s*$/.exec(text.slice(index))?.[1];
      break;
    } else if (character === '=' && equals === -1 && depth === 0) equals = index;
    else if ('{[('.includes(character)) depth += 1;
    else if ('}])'.includes(character)) {
      depth -= 1;
      lowest = Math.min(lowest, depth);
    }
  }
  if (quoted) refuse('the policy has a string that is not closed');
  return { opened: depth, closedFirst: -lowest, equals };
}

function readLines(text: string): Line[] {
  const state: ScanState = { heredoc: undefined, comment: false };
  const lines = text.split(/\r?\n/).map((raw): Line => {
    if (state.heredoc !== undefined) {
      if (raw.trim() === state.heredoc) state.heredoc = undefined;
      return { text: raw, verbatim: true, opened: 0, closedFirst: 0, equals: -1 };
    }
    const verbatim = state.comment;
    const trimmed = verbatim ? raw.trimEnd() : raw.trim();
    return { text: trimmed, verbatim, ...scanLine(trimmed, state) };
  });
  if (state.heredoc !== undefined || state.comment) refuse('the policy has a text or comment that is not closed');
  return lines;
}

/** Neighbouring attributes of one block have their `=` in one column. */
function alignRun(run: readonly Line[]): string[] {
  const names = run.map((line) => line.text.slice(0, line.equals).trimEnd());
  const width = Math.max(...names.map((name) => name.length));
  return run.map(
    (line, index) => `${(names[index] ?? '').padEnd(width)} = ${line.text.slice(line.equals + 1).trimStart()}`,
  );
}

const isAttribute = (line: Line): boolean => line.equals > 0 && !line.verbatim;

function alignLines(lines: readonly Line[]): Line[] {
  const result: Line[] = [];
  for (let index = 0; index < lines.length; ) {
    const first = lines[index] as Line;
    if (!isAttribute(first)) {
      result.push(first);
      index += 1;
      continue;
    }
    const run = [first];
    // A value that goes on over the next lines ends the run.
    while ((run.at(-1) as Line).opened === 0) {
      const next = lines[index + run.length];
      if (next === undefined || !isAttribute(next)) break;
      run.push(next);
    }
    alignRun(run).forEach((text, offset) => {
      result.push({ ...(run[offset] as Line), text });
    });
    index += run.length;
  }
  return result;
}

function indentLines(lines: readonly Line[]): string[] {
  const result: string[] = [];
  let depth = 0;
  for (const line of lines) {
    if (depth < line.closedFirst) refuse('the policy closes a bracket it did not open');
    // Blank lines: one at most, none after an opening or before a closing bracket.
    const blank = line.text === '' && !line.verbatim;
    const before = result.at(-1);
    if (blank && (before === undefined || before === '' || /[{[(]$/.test(before))) continue;
    // Only brackets at the very start of a line stand under the line that opened them.
    const closing = /^[}\])]*/.exec(line.text)?.[0].length ?? 0;
    if (closing > 0 && before === '') result.pop();
    result.push(line.verbatim || blank ? line.text : `${'  '.repeat(depth - closing)}${line.text}`);
    depth += line.opened;
  }
  if (depth !== 0) refuse('the policy has a bracket that is not closed');
  while (result.at(-1) === '') result.pop();
  return result;
}

/**
 * A policy in its usual form: two blanks a level, `=` of neighbouring attributes in one column, one blank line at most,
 * comments kept. JSON policies are indented. Throws `invalid_field` when brackets, strings or comments are not closed.
 * Formatting what is formatted changes nothing.
 */
export function formatPolicy(text: string): string {
  if (text.trimStart().startsWith('{')) return `${JSON.stringify(parseJson(text), undefined, 2)}\n`;
  return `${indentLines(alignLines(readLines(text))).join('\n')}\n`;
}
