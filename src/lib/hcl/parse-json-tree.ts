import type { HclEntry, HclObject, HclValue } from './hcl-tree.ts';
import { scanNumber } from './scan-number.ts';
import type { SourceText } from './source-text.ts';

/**
 * Parses JSON (RFC 8259) into the same tree as HCL. Not `JSON.parse`: repeated keys must stay visible, and messages
 * need line and column.
 */
export function parseJsonTree(source: SourceText): HclObject {
  skipBlanks(source);
  if (source.peek() !== 0x7b) source.refuse('a JSON document must be an object here');
  const root = readObject(source);
  skipBlanks(source);
  if (!source.atEnd) source.refuse(`${source.describeHere()} after the end of the document`);
  return root;
}

function skipBlanks(source: SourceText): void {
  let code = source.peek();
  while (code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d) {
    source.offset += 1;
    code = source.peek();
  }
}

function readValue(source: SourceText): HclValue {
  const position = source.positionAt(source.offset);
  const code = source.peek();
  if (code === 0x7b) return readObject(source);
  if (code === 0x5b) return readList(source);
  if (code === 0x22) return { kind: 'string', text: readString(source), position };
  if (code === 0x2d || (code >= 0x30 && code <= 0x39)) {
    return { kind: 'number', value: scanNumber(source, 'json'), position };
  }
  for (const word of ['true', 'false', 'null'] as const) {
    if (!source.text.startsWith(word, source.offset)) continue;
    source.offset += word.length;
    return word === 'null' ? { kind: 'null', position } : { kind: 'boolean', value: word === 'true', position };
  }
  return source.refuse(`a value was expected, not ${source.describeHere()}`);
}

function readObject(source: SourceText): HclObject {
  const position = source.positionAt(source.offset);
  const entries: HclEntry[] = [];
  readMembers(source, 0x7d, () => {
    const keyPosition = source.positionAt(source.offset);
    if (source.peek() !== 0x22) source.refuse(`a quoted key was expected, not ${source.describeHere()}`);
    const key = readString(source);
    skipBlanks(source);
    if (source.peek() !== 0x3a) source.refuse(`":" was expected, not ${source.describeHere()}`);
    source.offset += 1;
    skipBlanks(source);
    entries.push({ key, labels: [], value: readValue(source), position: keyPosition });
  });
  return { kind: 'object', entries, position };
}

function readList(source: SourceText): HclValue {
  const position = source.positionAt(source.offset);
  const items: HclValue[] = [];
  readMembers(source, 0x5d, () => items.push(readValue(source)));
  return { kind: 'list', items, position };
}

/** Reads what stands between an opening bracket and `closing`, parted by commas. */
function readMembers(source: SourceText, closing: number, readMember: () => void): void {
  source.enter();
  source.offset += 1;
  skipBlanks(source);
  if (source.peek() !== closing) {
    for (;;) {
      readMember();
      skipBlanks(source);
      if (source.peek() === closing) break;
      if (source.peek() !== 0x2c) {
        source.refuse(`"," or "${String.fromCharCode(closing)}" was expected, not ${source.describeHere()}`);
      }
      source.offset += 1;
      skipBlanks(source);
    }
  }
  source.offset += 1;
  source.leave();
}

/** Finds the end of a JSON string and leaves its escapes to `JSON.parse`, which knows them all. */
function readString(source: SourceText): string {
  const start = source.offset;
  let index = start + 1;
  while (index < source.text.length && source.text.charCodeAt(index) !== 0x22) {
    index += source.text.charCodeAt(index) === 0x5c ? 2 : 1;
  }
  if (index >= source.text.length) source.refuse('the string has no closing quote', start);
  source.offset = index + 1;
  let text: string;
  try {
    text = JSON.parse(source.text.slice(start, source.offset)) as string;
  } catch {
    return source.refuse('the string holds an unknown escape or a control character', start);
  }
  if (!text.isWellFormed()) source.refuse('the string is not well-formed Unicode', start);
  if (text.includes('\0')) source.refuse('a NUL character is not allowed', start);
  return text;
}
