import type { HclEntry, HclList, HclObject, HclValue } from './hcl-tree.ts';
import { parseJsonTree } from './parse-json-tree.ts';
import { scanHeredoc } from './scan-heredoc.ts';
import { scanNumber } from './scan-number.ts';
import { scanQuoted } from './scan-quoted.ts';
import { SourceText } from './source-text.ts';

const identifier = /[A-Za-z_][A-Za-z0-9_.-]*/y;

/**
 * Parses the part of HCL 1 that policies and configuration files use, or JSON when the first character is `{`.
 * Nothing is interpolated, included or evaluated.
 *
 * @param text at most 1 MiB, nested at most 32 deep
 * @throws StrongroomError `invalid_request` that names line and column
 */
export function parseHcl(text: string): HclObject {
  const source = new SourceText(text);
  if (source.peek() === 0xfeff) source.offset += 1;
  if (/^\s*\{/.test(text)) return parseJsonTree(source);
  const position = source.positionAt(source.offset);
  return { kind: 'object', entries: readEntries(source, 'document'), position };
}

function skipBlanks(source: SourceText): void {
  for (;;) {
    const code = source.peek();
    if (code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d) source.offset += 1;
    else if (code === 0x23 || (code === 0x2f && source.text.charCodeAt(source.offset + 1) === 0x2f)) skipLine(source);
    else if (code === 0x2f && source.text.charCodeAt(source.offset + 1) === 0x2a) skipBlockComment(source);
    else return;
  }
}

function skipLine(source: SourceText): void {
  const newline = source.text.indexOf('\n', source.offset);
  source.offset = newline === -1 ? source.text.length : newline + 1;
}

function skipBlockComment(source: SourceText): void {
  const end = source.text.indexOf('*/', source.offset + 2);
  if (end === -1) source.refuse('the comment is not closed');
  source.offset = end + 2;
}

/** Reads entries up to the closing brace (which it takes) or the end of the document. Commas between them may stand. */
function readEntries(source: SourceText, until: 'brace' | 'document'): HclEntry[] {
  const entries: HclEntry[] = [];
  for (;;) {
    skipBlanks(source);
    if (until === 'document' && source.atEnd) return entries;
    if (until === 'brace' && source.peek() === 0x7d) {
      source.offset += 1;
      return entries;
    }
    entries.push(readEntry(source));
    skipBlanks(source);
    if (until === 'brace' && source.peek() === 0x2c) source.offset += 1;
  }
}

function readEntry(source: SourceText): HclEntry {
  const position = source.positionAt(source.offset);
  const key = readKey(source, 'a key');
  const labels: string[] = [];
  for (;;) {
    skipBlanks(source);
    if (source.peek() === 0x7b) return { key, labels, value: readObject(source), position };
    if (source.peek() === 0x3d) break;
    labels.push(readKey(source, '"=", "{" or a label'));
    if (labels.length > 8) source.refuse('a block has at most 8 labels');
  }
  if (labels.length > 0) source.refuse('"{" was expected after a label, not "="');
  source.offset += 1;
  skipBlanks(source);
  return { key, labels, value: readValue(source), position };
}

function readKey(source: SourceText, expected: string): string {
  if (source.peek() === 0x22) return scanQuoted(source);
  return readIdentifier(source) ?? source.refuse(`${expected} was expected, not ${source.describeHere()}`);
}

function readIdentifier(source: SourceText): string | undefined {
  identifier.lastIndex = source.offset;
  const word = identifier.exec(source.text)?.[0];
  if (word !== undefined) source.offset += word.length;
  return word;
}

function readValue(source: SourceText): HclValue {
  const position = source.positionAt(source.offset);
  const start = source.offset;
  const code = source.peek();
  if (code === 0x22) return { kind: 'string', text: scanQuoted(source), position };
  if (code === 0x7b) return readObject(source);
  if (code === 0x5b) return readList(source);
  if (code === 0x3c) return { kind: 'string', text: scanHeredoc(source), position };
  if (code === 0x2d || (code >= 0x30 && code <= 0x39)) {
    return { kind: 'number', value: scanNumber(source, 'hcl'), position };
  }
  const word = readIdentifier(source);
  if (word === 'true' || word === 'false') return { kind: 'boolean', value: word === 'true', position };
  if (word !== undefined) source.refuse('a text must stand in quotes', start);
  return source.refuse(`a value was expected, not ${source.describeHere()}`);
}

function readObject(source: SourceText): HclObject {
  const position = source.positionAt(source.offset);
  source.enter();
  source.offset += 1;
  const entries = readEntries(source, 'brace');
  source.leave();
  return { kind: 'object', entries, position };
}

function readList(source: SourceText): HclList {
  const position = source.positionAt(source.offset);
  const items: HclValue[] = [];
  source.enter();
  source.offset += 1;
  for (;;) {
    skipBlanks(source);
    if (source.peek() === 0x5d) break;
    items.push(readValue(source));
    skipBlanks(source);
    if (source.peek() === 0x2c) source.offset += 1;
    else if (source.peek() !== 0x5d) source.refuse(`"," or "]" was expected, not ${source.describeHere()}`);
  }
  source.offset += 1;
  source.leave();
  return { kind: 'list', items, position };
}
