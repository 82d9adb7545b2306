import {
  type BasicConstraints,
  decodeBasicConstraints,
  decodeExtendedKeyUsage,
  decodeKeyUsage,
  decodeSubjectKeyIdentifier,
  type Extension,
  extensionOids,
  type KeyUsage,
} from '../extensions/index.ts';
import { decodeGeneralNames, type GeneralName } from '../names/index.ts';

/** What a request asks for by extensions. Only a role, or verbatim signing, turns a wish into a certificate. */
export interface RequestedExtensions {
  readonly alternativeNames: readonly GeneralName[];
  readonly keyUsage: readonly KeyUsage[] | undefined;
  /** Dotted OIDs. */
  readonly extendedKeyUsage: readonly string[] | undefined;
  readonly basicConstraints: BasicConstraints | undefined;
  readonly subjectKeyIdentifier: Buffer | undefined;
  /** Extensions of other kinds, undecoded. */
  readonly otherExtensions: readonly Extension[];
}

const decodedHere: ReadonlySet<string> = new Set([
  extensionOids.subjectAlternativeName,
  extensionOids.keyUsage,
  extensionOids.extendedKeyUsage,
  extensionOids.basicConstraints,
  extensionOids.subjectKeyIdentifier,
]);

/** Decodes the extensions we know; a malformed one refuses the request. */
export function decodeRequestedExtensions(extensions: ReadonlyMap<string, Extension>): RequestedExtensions {
  const decode = <T>(oid: string, decoder: (value: Buffer) => T): T | undefined => {
    const extension = extensions.get(oid);
    return extension === undefined ? undefined : decoder(extension.value);
  };
  return {
    alternativeNames: decode(extensionOids.subjectAlternativeName, decodeGeneralNames) ?? [],
    keyUsage: decode(extensionOids.keyUsage, decodeKeyUsage),
    extendedKeyUsage: decode(extensionOids.extendedKeyUsage, decodeExtendedKeyUsage),
    basicConstraints: decode(extensionOids.basicConstraints, decodeBasicConstraints),
    subjectKeyIdentifier: decode(extensionOids.subjectKeyIdentifier, decodeSubjectKeyIdentifier),
    otherExtensions: [...extensions.values()].filter(({ oid }) => !decodedHere.has(oid)),
  };
}
