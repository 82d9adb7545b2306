import { canonicalName } from '../../core/index.ts';
import { attributeValues, decodeDistinguishedName, type ParsedCertificate } from '../../x509/index.ts';

/**
 * The common name of a client: what its identity is called, what roles are asked about, what the token shows. Undefined,
 * and no client, where it could be two things: none or several common names (readers differ in which of them counts), or
 * one that reads as another's once its blanks and forms of characters are made equal, as names of identities are.
 */
export function clientName(leaf: ParsedCertificate): string | undefined {
  const [name = '', ...others] = commonNames(leaf);
  if (name === '' || others.length > 0) return undefined;
  return canonicalName(name) === name.toLowerCase() && name === name.normalize('NFKC') ? name : undefined;
}

function commonNames(leaf: ParsedCertificate): string[] {
  try {
    return attributeValues(decodeDistinguishedName(leaf.subject), 'commonName');
  } catch {
    return [];
  }
}
