import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';

export interface DnsNameOptions {
  /** Allow one leftmost label that is exactly `*`. */
  readonly allowWildcard?: boolean;
  /** Allow `_` inside labels, as SRV-like names have it. */
  readonly allowUnderscore?: boolean;
}

const labelPattern = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const underscoreLabelPattern = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;
const asciiPattern = /^[\x00-\x7f]*$/;

/**
 * Whether text is a DNS name that may stand in a certificate: lower-case LDH labels of 1…63, 253 in all, no trailing
 * dot, not all-numeric at the end (that is an address), no label that only looks like an A-label (RFC 5280 4.2.1.6).
 */
export function isDnsName(name: string, options: DnsNameOptions = {}): boolean {
  if (name.length === 0 || name.length > 253) return false;
  const bare = options.allowWildcard === true && name.startsWith('*.') ? name.slice(2) : name;
  const pattern = options.allowUnderscore === true ? underscoreLabelPattern : labelPattern;
  const labels = bare.split('.');
  if (!labels.every((label) => pattern.test(label))) return false;
  return !/^[0-9]+$/.test(labels[labels.length - 1] as string) && isIP(bare) === 0;
}

/**
 * Text as asked for to the name as issued: lower case, Unicode labels as A-labels (UTS 46). Undefined when it is no DNS
 * name then. Nothing else is repaired: blanks, dots at the ends and empty labels stay refused.
 */
export function canonicalDnsName(text: string, options: DnsNameOptions = {}): string | undefined {
  if (text.length > 253) return undefined;
  if (asciiPattern.test(text)) {
    const lower = text.toLowerCase();
    return isDnsName(lower, options) ? lower : undefined;
  }
  const wildcard = text.startsWith('*.');
  const ascii = domainToASCII(wildcard ? text.slice(2) : text);
  if (ascii === '') return undefined;
  const name = wildcard ? `*.${ascii}` : ascii;
  return isDnsName(name, options) ? name : undefined;
}
