import {
  contextConstructed,
  contextValue,
  DerReader,
  octetString,
  readSequence,
  refuseDer,
  sequence,
  tags,
} from '../der/index.ts';
import { encodeExtension, extensionOids } from './extension.ts';

const maxKeyIdentifierBytes = 64;

/** RFC 5280 4.2.1.2: not critical. */
export function encodeSubjectKeyIdentifier(keyIdentifier: Uint8Array): Buffer {
  return encodeExtension(extensionOids.subjectKeyIdentifier, false, octetString(keyIdentifier));
}

/** RFC 5280 4.2.1.1: keyIdentifier only, never issuer and serial, which would tie chains to one certificate of the CA. */
export function encodeAuthorityKeyIdentifier(keyIdentifier: Uint8Array): Buffer {
  return encodeExtension(extensionOids.authorityKeyIdentifier, false, sequence(contextValue(0, keyIdentifier)));
}

const checkLength = (bytes: Buffer): Buffer =>
  bytes.length === 0 || bytes.length > maxKeyIdentifierBytes ? refuseDer('key identifier of bad length') : bytes;

export function decodeSubjectKeyIdentifier(value: Buffer): Buffer {
  const reader = new DerReader(value);
  const bytes = reader.read(tags.octetString);
  reader.finish();
  return checkLength(bytes);
}

/** The keyIdentifier, or undefined when the extension holds only issuer and serial. */
export function decodeAuthorityKeyIdentifier(value: Buffer): Buffer | undefined {
  const reader = readSequence(value);
  const keyIdentifier = reader.readContext(0);
  if (reader.peek() === contextConstructed(1)) reader.readWhole();
  reader.readContext(2);
  reader.finish();
  return keyIdentifier && checkLength(keyIdentifier);
}
