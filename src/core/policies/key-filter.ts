import { StrongroomError } from '../../lib/index.ts';

/**
 * `list_scan_response_keys_filter_path`: for each key of a list, the path on which the caller needs a right to see
 * that key.
 */
export interface KeyFilter {
  readonly text: string;
  /** The path to check for one key; `path` is that of the list, ending in `/`. Undefined when it grows too long. */
  readonly pathFor: (path: string, key: string) => string | undefined;
}

type Piece = (path: string, key: string) => string;

const maxTemplateLength = 512;
const maxPathLength = 4096;

const actionPattern =
  /^\.(path|key)((?:\s*\|\s*(?:replace\s+"[^"]*"\s+"[^"]*"|trimPrefix\s+"[^"]*"|trimSuffix\s+"[^"]*"))*)$/;
const stepPattern = /(replace|trimPrefix|trimSuffix)\s+"([^"]*)"(?:\s+"([^"]*)")?/g;

/**
 * Parses the template: literal text, `{{ .path }}` and `{{ .key }}`, each with any number of
 * `| replace "old" "new"`, `| trimPrefix "text"`, `| trimSuffix "text"`. The key must be used, or every key would be
 * judged by the same path.
 */
export function parseKeyFilter(text: string): KeyFilter {
  const pieces: Piece[] = [];
  let usesKey = false;
  let index = 0;
  if (text.length > maxTemplateLength) refuse();
  while (index < text.length) {
    const open = text.indexOf('{{', index);
    const literal = text.slice(index, open === -1 ? text.length : open);
    if (literal.includes('}}')) refuse();
    if (literal !== '') pieces.push(() => literal);
    if (open === -1) break;
    const close = text.indexOf('}}', open);
    if (close === -1) refuse();
    const action = actionPattern.exec(text.slice(open + 2, close).trim());
    if (action === null) refuse();
    usesKey ||= action[1] === 'key';
    pieces.push(parseAction(action[1] === 'key', action[2] ?? ''));
    index = close + 2;
  }
  if (!usesKey) refuse();
  return {
    text,
    pathFor(path, key) {
      const result = pieces.map((piece) => piece(path, key)).join('');
      return result.length > maxPathLength ? undefined : result;
    },
  };
}

function parseAction(isKey: boolean, steps: string): Piece {
  const changes: ((value: string) => string)[] = [];
  for (const [, name, first = '', second = ''] of steps.matchAll(stepPattern)) {
    if (first === '') refuse();
    if (name === 'replace') changes.push((value) => value.replaceAll(first, () => second));
    else if (name === 'trimPrefix')
      changes.push((value) => (value.startsWith(first) ? value.slice(first.length) : value));
    else changes.push((value) => (value.endsWith(first) ? value.slice(0, -first.length) : value));
  }
  // Cut after each step: repeated replacing would grow a text without end.
  const apply = (value: string, change: (value: string) => string) => change(value.slice(0, maxPathLength + 1));
  return (path, key) => changes.reduce(apply, isKey ? key : path);
}

function refuse(): never {
  throw new StrongroomError('invalid_request', 'list_scan_response_keys_filter_path cannot be understood', {
    hint: 'write literal text, {{ .path }} and {{ .key }} (which must occur), with | replace "old" "new" where needed',
  });
}
