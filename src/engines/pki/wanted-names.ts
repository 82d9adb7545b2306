import { StrongroomError } from '../../lib/index.ts';
import { canonicalGeneralName, type GeneralName, generalNameKey, parseOtherName } from '../../x509/index.ts';

export interface NameFields {
  readonly common_name?: string | undefined;
  readonly alt_names?: readonly string[] | undefined;
  readonly ip_sans?: readonly string[] | undefined;
  readonly uri_sans?: readonly string[] | undefined;
  readonly other_sans?: readonly string[] | undefined;
  readonly exclude_cn_from_sans?: boolean | undefined;
}

const maxNames = 1_000;

function require(name: GeneralName | undefined, text: string, what: string): GeneralName {
  if (name) return name;
  throw new StrongroomError('invalid_field', `${JSON.stringify(text.slice(0, 64))} is not a valid ${what}`, {
    hint: 'check the spelling; internationalised names are taken in Unicode or as A-labels',
  });
}

const dnsOrEmail = (text: string): GeneralName => {
  const isEmail = text.includes('@');
  return require(canonicalGeneralName(isEmail ? 'email' : 'dns', text), text, isEmail ? 'mail address' : 'DNS name');
};

function readOther(text: string): GeneralName {
  const found = parseOtherName(text);
  return require(found && { kind: 'other', ...found }, text, 'other name (oid;UTF8:value)');
}

/** The alternative names a caller asks for, in canonical form, each once. */
export function readWantedNames(fields: NameFields): GeneralName[] {
  const names = [
    ...(fields.alt_names ?? []).filter((text) => text !== '').map(dnsOrEmail),
    ...(fields.ip_sans ?? [])
      .filter((text) => text !== '')
      .map((text) => require(canonicalGeneralName('ip', text), text, 'IP address')),
    ...(fields.uri_sans ?? [])
      .filter((text) => text !== '')
      .map((text) => require(canonicalGeneralName('uri', text), text, 'URI')),
    ...(fields.other_sans ?? []).filter((text) => text !== '').map(readOther),
  ];
  if (names.length > maxNames)
    throw new StrongroomError('invalid_field', 'too many alternative names', { hint: `${maxNames} at most` });
  return uniqueNames(names);
}

/** The names of a request as they are issued: in canonical form where they have one, each once. */
export function canonicalNames(names: readonly GeneralName[]): GeneralName[] {
  return uniqueNames(
    names.map((name) =>
      name.kind === 'other' || !('value' in name) ? name : (canonicalGeneralName(name.kind, name.value) ?? name),
    ),
  );
}

export function uniqueNames(names: readonly GeneralName[]): GeneralName[] {
  const seen = new Map(names.map((name) => [generalNameKey(name), name]));
  return [...seen.values()];
}

/** The common name as an alternative name, which is where validators look; nothing for a text that can be none. */
export function commonNameAsName(commonName: string): GeneralName | undefined {
  return canonicalGeneralName(commonName.includes('@') ? 'email' : 'dns', commonName);
}

/**
 * The common name in the form in which it is judged, issued and recorded: where it can be an alternative name, as that
 * is written, so that both are one name (CA/B BR 7.1.4.3).
 */
export function canonicalCommonName(commonName: string): string {
  const own = commonNameAsName(commonName);
  return own && 'value' in own ? own.value : commonName;
}
