export { AeadKey } from './aead.ts';
export { type DigestName, digest, equalSecrets, sha256Hex, streamingDigest } from './digest.ts';
export { ecdsaDerToRaw, ecdsaOrderBytes, ecdsaRawToDer } from './ecdsa-signature.ts';
export { deriveKey } from './kdf.ts';
export { wrapKeyForToken } from './key-wrap.ts';
export { PrivateKey, PublicKey } from './keypair.ts';
export { MacKey } from './mac.ts';
export { defaultPasswordCost, hashPassword, type PasswordCost, verifyPassword } from './password.ts';
export { type ExportableKey, generatePortableKey, type PortableKey } from './portable-key.ts';
export { newUuid, type Random, systemRandom } from './random.ts';
export { type SecondView, viewCertificate } from './second-parser.ts';
export { combineShares, splitSecret } from './shamir.ts';
export {
  defaultScheme,
  type KeyPairAlgorithm,
  keyPairAlgorithms,
  type SchemeFacts,
  type SignatureFamily,
  schemeFacts,
  schemeFits,
} from './signature.ts';
export {
  ecSpki,
  ed25519Spki,
  isEcAlgorithm,
  pointOfSpki,
  publicPointBytes,
  rsaNumbersOfSpki,
  rsaSpki,
} from './spki.ts';
export { tlsServerOptions, tlsWithoutTickets } from './tls-options.ts';
export {
  digestOfScheme,
  keyKindOfScheme,
  type PublicKeyKind,
  pssSaltLength,
  type SignatureScheme,
  signatureSchemes,
} from './x509-signature-scheme.ts';
export { type ThrowawayKey, throwawayKey } from './x509-throwaway-key.ts';
export { VerifyKey } from './x509-verify-key.ts';
