import { refuseDer, tags } from '../der/index.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const utf16 = new TextDecoder('utf-16be', { fatal: true, ignoreBOM: true });
const controlPattern = /[\u0000-\u001f\u007f-\u009f]/;
const printablePattern = /^[A-Za-z0-9 '()+,\-./:=?]*$/;
const ia5Pattern = /^[\x20-\x7e]*$/;

/** Characters that end a C string, break a log line or hide text. */
export function hasControlCharacter(text: string): boolean {
  return controlPattern.test(text);
}

export const isPrintableString = (text: string): boolean => printablePattern.test(text);
export const isIa5Text = (text: string): boolean => ia5Pattern.test(text);

function decodeBytes(tag: number, content: Uint8Array): string {
  try {
    if (tag === tags.utf8String) return utf8.decode(content);
    if (tag === tags.bmpString) return utf16.decode(content);
  } catch {
    refuseDer('string is not in its encoding');
  }
  const text = Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString('latin1');
  if (tag === tags.printableString && !isPrintableString(text)) refuseDer('PrintableString with other characters');
  if (tag === tags.ia5String && !isIa5Text(text)) refuseDer('IA5String with other characters');
  return text;
}

const stringTags: ReadonlySet<number> = new Set([
  tags.utf8String,
  tags.printableString,
  tags.ia5String,
  tags.bmpString,
  tags.teletexString,
]);

/**
 * Text of a DirectoryString or IA5String. Strict: bytes outside the type's alphabet, and control characters (NUL first
 * of all) in any type, are refused rather than shown.
 */
export function decodeString(tag: number, content: Uint8Array): string {
  if (!stringTags.has(tag)) refuseDer('not a string type of names');
  const text = decodeBytes(tag, content);
  if (hasControlCharacter(text)) refuseDer('string with control characters');
  return text;
}
