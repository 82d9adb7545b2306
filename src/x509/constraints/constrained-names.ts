import type { GeneralName } from '../names/index.ts';
import {
  attributeValues,
  canonicalDnsName,
  canonicalGeneralName,
  decodeDistinguishedName,
  emptyName,
} from '../names/index.ts';

/** The names of a certificate that name constraints speak about. */
export interface NamedSubject {
  readonly subject: Buffer;
  readonly alternativeNames: readonly GeneralName[];
}

/**
 * Alternative names, the subject itself, emailAddress attributes (RFC 5280 4.2.1.10), and, where no DNS or IP
 * alternative name says who it is, common names that look like one: old clients would take them for the host.
 */
export function collectConstrainedNames({ subject, alternativeNames }: NamedSubject): GeneralName[] {
  const names = [...alternativeNames];
  if (subject.equals(emptyName)) return names;
  names.push({ kind: 'directory', der: subject });
  const attributes = decodeDistinguishedName(subject);
  for (const value of attributeValues(attributes, 'emailAddress')) names.push({ kind: 'email', value });
  if (alternativeNames.some(({ kind }) => kind === 'dns' || kind === 'ip')) return names;
  for (const value of attributeValues(attributes, 'commonName')) {
    const address = canonicalGeneralName('ip', value);
    const host = value.includes('.')
      ? canonicalDnsName(value, { allowWildcard: true, allowUnderscore: true })
      : undefined;
    if (address) names.push(address);
    else if (host !== undefined) names.push({ kind: 'dns', value: host });
  }
  return names;
}
