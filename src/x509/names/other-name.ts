import { isOid } from '../der/index.ts';
import { hasControlCharacter } from './decode-string.ts';

export interface OtherNameValue {
  readonly oid: string;
  readonly value: string;
}

const maxValueCharacters = 1024;

/** Reads Vault's form `oid;UTF8:value` (also `UTF-8`, any case). Undefined for anything else. */
export function parseOtherName(text: string): OtherNameValue | undefined {
  const match = /^([0-9.]{3,256});utf-?8:/i.exec(text);
  if (!match || !isOid(match[1] as string)) return undefined;
  const value = text.slice(match[0].length);
  if (value === '' || value.length > maxValueCharacters || !value.isWellFormed() || hasControlCharacter(value)) {
    return undefined;
  }
  return { oid: match[1] as string, value };
}

export const formatOtherName = ({ oid, value }: OtherNameValue): string => `${oid};UTF8:${value}`;
