export {
  type EcCurve,
  type KeyAlgorithm,
  keyIdentifiers,
  schemeOfIdentifier,
  signatureIdentifiers,
} from './algorithm-identifiers.ts';
export { chooseScheme, schemeFitsKey } from './default-scheme.ts';
export { computeKeyIdentifier } from './key-identifier.ts';
export { maxSpkiBytes, type RsaNumbers, SubjectPublicKey } from './subject-public-key.ts';
