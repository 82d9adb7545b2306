export { checkDer, maxDepth } from './check-der.ts';
export { decodeOid, isOid, oid } from './oid.ts';
export { DerReader, decodeNamedBits, decodeSmallInteger, readSequence } from './read.ts';
export { refuseDer } from './refuse.ts';
export { contextConstructed, contextPrimitive, tags } from './tags.ts';
export { decodeGeneralizedTime, decodeTime, generalizedTime, noExpirySeconds, time } from './time.ts';
export {
  bitString,
  booleanTrue,
  context,
  contextValue,
  derNull,
  element,
  enumerated,
  ia5String,
  integer,
  integerFromBytes,
  joinElement,
  namedBitString,
  octetString,
  printableString,
  sequence,
  setOf,
  unsignedIntegerContent,
  utf8String,
} from './write.ts';
