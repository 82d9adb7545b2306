import { StrongroomError } from '../../lib/index.ts';
import { DerReader, element, oid, readSequence, refuseDer, sequence, setOf, tags } from '../der/index.ts';
import { type AttributeName, attributeNameOfOid, attributeTypes, type NameStringType } from './attribute-types.ts';
import { decodeString, hasControlCharacter, isIa5Text, isPrintableString } from './decode-string.ts';

/** One attribute to write. */
export interface NameAttribute {
  readonly type: AttributeName;
  readonly value: string;
}

/** One attribute as read: `type` is our name of it or its dotted OID; `rdn` counts relative names from 0. */
export interface DecodedAttribute {
  readonly type: string;
  readonly value: string;
  readonly rdn: number;
}

export const maxNameBytes = 8192;
export const emptyName: Buffer = Buffer.from('3000', 'hex');
const maxAttributes = 64;
const tagOfStringType: Readonly<Record<NameStringType, number>> = {
  printable: tags.printableString,
  ia5: tags.ia5String,
  utf8: tags.utf8String,
};

/** Whether an attribute may be written in a string type; any may that is not known here. */
export function mayHaveStringType(oid: string, tag: number): boolean {
  const type = attributeNameOfOid(oid);
  if (type === undefined) return true;
  const { stringType } = attributeTypes[type];
  return tag === tagOfStringType[stringType] || (stringType === 'utf8' && tag === tags.printableString);
}

function refuseAttribute(type: AttributeName, reason: string): never {
  throw new StrongroomError('invalid_field', `subject attribute ${type} ${reason}`, {
    hint: 'RFC 5280 A.1 has the limits; long names belong into alternative names',
  });
}

function checkValue({ type, value }: NameAttribute): void {
  const { stringType, maxCharacters } = attributeTypes[type];
  if (value === '') refuseAttribute(type, 'is empty');
  if (value.length > maxCharacters && [...value].length > maxCharacters) {
    refuseAttribute(type, `has more than ${maxCharacters} characters`);
  }
  if (!value.isWellFormed() || hasControlCharacter(value)) refuseAttribute(type, 'holds control characters');
  if (value.trim() !== value) refuseAttribute(type, 'begins or ends with a blank');
  if (type === 'country' && !/^[A-Za-z]{2}$/.test(value)) refuseAttribute(type, 'must be two letters');
  if (stringType === 'printable' && !isPrintableString(value)) refuseAttribute(type, 'holds characters it cannot have');
  if (stringType === 'ia5' && !isIa5Text(value)) refuseAttribute(type, 'must be ASCII');
}

/**
 * Name DER: one attribute a relative name, in the given order. Refuses values that are empty, too long, blank at an end,
 * or hold control characters. No attributes give the empty name.
 */
export function encodeDistinguishedName(attributes: readonly NameAttribute[]): Buffer {
  return extendName(emptyName, attributes);
}

/** The same after the relative names of another name, which stay as they are. */
export function extendName(name: Buffer, attributes: readonly NameAttribute[]): Buffer {
  if (attributes.length + (name.equals(emptyName) ? 0 : readRawAttributes(name).length) > maxAttributes)
    throw new StrongroomError('invalid_field', 'subject has too many attributes', { hint: `at most ${maxAttributes}` });
  const relativeNames = attributes.map((attribute) => {
    checkValue(attribute);
    const { oid: type, stringType } = attributeTypes[attribute.type];
    const encoding = stringType === 'utf8' ? 'utf8' : 'latin1';
    const value = element(tagOfStringType[stringType], Buffer.from(attribute.value, encoding));
    return setOf([sequence(oid(type), value)]);
  });
  const extended = sequence(new DerReader(name).read(tags.sequence), ...relativeNames);
  if (extended.length > maxNameBytes)
    throw new StrongroomError('invalid_field', 'subject is too long', { hint: `at most ${maxNameBytes} bytes` });
  return extended;
}

/** One raw attribute of a name: OID, string tag, content. */
export interface RawAttribute {
  readonly oid: string;
  readonly tag: number;
  readonly content: Buffer;
  readonly rdn: number;
}

/** The attributes of Name DER, undecoded. Refuses empty relative names and unreasonable sizes. */
export function readRawAttributes(name: Buffer): RawAttribute[] {
  if (name.length > maxNameBytes) refuseDer('name too large');
  const attributes: RawAttribute[] = [];
  const relativeNames = readSequence(name);
  for (let rdn = 0; !relativeNames.done; rdn += 1) {
    const members = relativeNames.enter(tags.set);
    do {
      const member: DerReader = members.enter();
      const type = member.readOid();
      const tag = member.peek();
      attributes.push({ oid: type, tag, content: member.read(tag), rdn });
      member.finish();
      if (attributes.length > maxAttributes) refuseDer('name with too many attributes');
    } while (!members.done);
  }
  return attributes;
}

/** The attributes of Name DER as text. */
export function decodeDistinguishedName(name: Buffer): DecodedAttribute[] {
  return readRawAttributes(name).map(({ oid: type, tag, content, rdn }) => ({
    type: attributeNameOfOid(type) ?? type,
    value: decodeString(tag, content),
    rdn,
  }));
}

/** Values of one attribute, in the order they stand in. */
export function attributeValues(attributes: readonly DecodedAttribute[], type: AttributeName): string[] {
  return attributes.filter((attribute) => attribute.type === type).map(({ value }) => value);
}

const escapeValue = (value: string): string => value.replace(/[\\",+;<>=]/g, '\\$&').replace(/^[ #]| $/g, '\\$&');

/** RFC 4514 text of a name: most specific part first, multi-valued parts joined with `+`. */
export function formatDistinguishedName(name: Buffer): string {
  const parts: string[] = [];
  for (const { type, value, rdn } of decodeDistinguishedName(name)) {
    const label = type in attributeTypes ? attributeTypes[type as AttributeName].label : type;
    const text = `${label}=${escapeValue(value)}`;
    parts[rdn] = parts[rdn] === undefined ? text : `${parts[rdn]}+${text}`;
  }
  return parts.reverse().join(',');
}
