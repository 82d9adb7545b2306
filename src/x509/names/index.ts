export { type AttributeName, attributeNames, attributeTypes } from './attribute-types.ts';
export { canonicalRelativeNames, nameWithin, sameName } from './compare-names.ts';
export { decodeString, hasControlCharacter } from './decode-string.ts';
export {
  attributeValues,
  type DecodedAttribute,
  decodeDistinguishedName,
  emptyName,
  encodeDistinguishedName,
  extendName,
  formatDistinguishedName,
  maxNameBytes,
  mayHaveStringType,
  type NameAttribute,
  readRawAttributes,
} from './distinguished-name.ts';
export { canonicalDnsName, type DnsNameOptions, isDnsName } from './dns-name.ts';
export { canonicalEmail } from './email-address.ts';
export {
  canonicalGeneralName,
  decodeGeneralNames,
  encodeGeneralName,
  type GeneralName,
  generalNameKey,
  generalNameTags,
  maxAlternativeNames,
  readGeneralName,
} from './general-name.ts';
export { bytesToIp, ipToBytes } from './ip-address.ts';
export { isNormalUri, matchesDnsName, matchesEmail, matchesUri } from './match-name.ts';
export { matchesDnsPattern, matchesTextPattern } from './match-pattern.ts';
export { formatOtherName, parseOtherName } from './other-name.ts';
export { isHttpUrl, isUriName, uriAuthority, uriHost } from './uri-name.ts';
