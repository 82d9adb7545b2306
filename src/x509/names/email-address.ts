import { canonicalDnsName } from './dns-name.ts';

const localPattern = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;

/** Mailbox `local@domain` (RFC 5321 Dot-string, ASCII) with the domain in lower case; undefined for anything else. */
export function canonicalEmail(text: string): string | undefined {
  if (text.length > 254) return undefined;
  const at = text.indexOf('@');
  const local = text.slice(0, Math.max(at, 0));
  if (local.length === 0 || local.length > 64 || !localPattern.test(local)) return undefined;
  const domain = canonicalDnsName(text.slice(at + 1));
  return domain === undefined ? undefined : `${local}@${domain}`;
}
