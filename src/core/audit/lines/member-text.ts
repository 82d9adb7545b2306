import { quote } from './quote.ts';

/** `"name":"text",` or nothing when there is no text: Vault leaves empty members out. */
export function textMember(name: string, text: string | undefined): string {
  return text === undefined || text === '' ? '' : `"${name}":${quote(text)},`;
}

export function numberMember(name: string, value: number | undefined): string {
  return value === undefined || value === 0 || !Number.isFinite(value) ? '' : `"${name}":${value},`;
}

export function flagMember(name: string, value: boolean | undefined): string {
  return value === true ? `"${name}":true,` : '';
}

export function listMember(name: string, texts: readonly string[] | undefined): string {
  if (texts === undefined || texts.length === 0) return '';
  return `"${name}":[${texts.map(quote).join(',')}],`;
}

/** An object from members that each end in a comma. */
export function objectText(members: string): string {
  return members === '' ? '{}' : `{${members.slice(0, -1)}}`;
}
