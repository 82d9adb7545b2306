import { StrongroomError } from '../../lib/index.ts';
import {
  context,
  contextConstructed,
  contextPrimitive,
  contextValue,
  DerReader,
  decodeOid,
  element,
  oid,
  readSequence,
  refuseDer,
  tags,
  utf8String,
} from '../der/index.ts';
import { decodeString, hasControlCharacter } from './decode-string.ts';
import { canonicalDnsName, isDnsName } from './dns-name.ts';
import { canonicalEmail } from './email-address.ts';
import { bytesToIp, ipToBytes } from './ip-address.ts';
import { isUriName } from './uri-name.ts';

/** An alternative name. `directory` holds Name DER; `opaque` is a form we keep but do not interpret, whole. */
export type GeneralName =
  | { readonly kind: 'dns' | 'email' | 'uri' | 'ip'; readonly value: string }
  | { readonly kind: 'other'; readonly oid: string; readonly value: string }
  | { readonly kind: 'directory'; readonly der: Buffer }
  | { readonly kind: 'opaque'; readonly tag: number; readonly der: Buffer };

export const generalNameTags = {
  other: contextConstructed(0),
  email: contextPrimitive(1),
  dns: contextPrimitive(2),
  directory: contextConstructed(4),
  uri: contextPrimitive(6),
  ip: contextPrimitive(7),
  x400: contextConstructed(3),
  ediParty: contextConstructed(5),
  registered: contextPrimitive(8),
} as const;

export const maxAlternativeNames = 1000;

function refuseName(kind: string): never {
  throw new StrongroomError('invalid_field', `a subject alternative name is not a valid ${kind}`, {
    hint: 'RFC 5280 4.2.1.6 has the forms',
  });
}

const ascii = (text: string): Buffer => Buffer.from(text, 'latin1');

/** GeneralName DER. Refuses values that are not canonical: callers bring names through `canonical…` first. */
export function encodeGeneralName(name: GeneralName): Buffer {
  switch (name.kind) {
    case 'dns':
      if (!isDnsName(name.value, { allowWildcard: true, allowUnderscore: true })) refuseName('DNS name');
      return element(generalNameTags.dns, ascii(name.value));
    case 'email':
      if (canonicalEmail(name.value) !== name.value) refuseName('email address');
      return element(generalNameTags.email, ascii(name.value));
    case 'uri':
      if (!isUriName(name.value)) refuseName('URI');
      return element(generalNameTags.uri, ascii(name.value));
    case 'ip':
      return contextValue(7, ipToBytes(name.value) ?? refuseName('IP address'));
    case 'other':
      if (name.value === '' || hasControlCharacter(name.value)) refuseName('other name');
      return context(0, oid(name.oid), context(0, utf8String(name.value)));
    case 'directory':
      return context(4, name.der);
    case 'opaque':
      // X.400 and EDI names have structures that are not read here, so nobody could say that they are well formed.
      return name.tag === generalNameTags.other || name.tag === generalNameTags.registered
        ? name.der
        : refuseName('name of a supported kind');
  }
}

/** The same name in the form it is issued in, or undefined when it is not valid. */
export function canonicalGeneralName(kind: 'dns' | 'email' | 'uri' | 'ip', text: string): GeneralName | undefined {
  let value: string | undefined;
  if (kind === 'dns') value = canonicalDnsName(text, { allowWildcard: true });
  else if (kind === 'email') value = canonicalEmail(text);
  else if (kind === 'uri') value = isUriName(text) ? text : undefined;
  else {
    const bytes = ipToBytes(text);
    value = bytes && bytesToIp(bytes);
  }
  return value === undefined ? undefined : { kind, value };
}

function decodeText(content: Buffer): string {
  const text = decodeString(tags.ia5String, content);
  if (text === '' || text.includes(' ')) refuseDer('alternative name empty or with blanks');
  return text;
}

function decodeOtherName(der: Buffer): GeneralName {
  const reader = new DerReader(der).enter(generalNameTags.other);
  const type = reader.readOid();
  const value = reader.enter(contextConstructed(0));
  reader.finish();
  if (value.peek() !== tags.utf8String) return { kind: 'opaque', tag: generalNameTags.other, der };
  const text = decodeString(tags.utf8String, value.read(tags.utf8String));
  value.finish();
  return { kind: 'other', oid: type, value: text };
}

/** Reads the next GeneralName. Texts are checked for their alphabet (no NUL, no blanks), not for being resolvable. */
export function readGeneralName(reader: DerReader): GeneralName {
  const tag = reader.peek();
  switch (tag) {
    case generalNameTags.dns:
      return { kind: 'dns', value: decodeText(reader.read(tag)) };
    case generalNameTags.email:
      return { kind: 'email', value: decodeText(reader.read(tag)) };
    case generalNameTags.uri:
      return { kind: 'uri', value: decodeText(reader.read(tag)) };
    case generalNameTags.ip:
      return { kind: 'ip', value: bytesToIp(reader.read(tag)) };
    case generalNameTags.other:
      return decodeOtherName(reader.readWhole(tag));
    case generalNameTags.directory: {
      const inner = reader.enter(tag);
      const name: GeneralName = { kind: 'directory', der: inner.readWhole(tags.sequence) };
      inner.finish();
      return name;
    }
    case generalNameTags.registered: {
      const der = reader.readWhole(tag);
      decodeOid(new DerReader(der).read(tag));
      return { kind: 'opaque', tag, der };
    }
    case generalNameTags.x400:
    case generalNameTags.ediParty:
      return { kind: 'opaque', tag, der: reader.readWhole(tag) };
    default:
      return refuseDer('not a general name');
  }
}

/** GeneralNames: at least one, at most 1000. */
export function decodeGeneralNames(value: Buffer): GeneralName[] {
  const reader = readSequence(value);
  const names: GeneralName[] = [];
  do {
    names.push(readGeneralName(reader));
    if (names.length > maxAlternativeNames) refuseDer('too many alternative names');
  } while (!reader.done);
  return names;
}

/** Comparable text of a name: equal texts are the same name. */
export function generalNameKey(name: GeneralName): string {
  if (name.kind === 'directory' || name.kind === 'opaque') return `${name.kind}:${name.der.toString('hex')}`;
  return name.kind === 'other' ? `other:${name.oid}:${name.value}` : `${name.kind}:${name.value}`;
}
