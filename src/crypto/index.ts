export { AeadKey } from './aead.ts';
export { type DigestName, digest, equalSecrets, sha256Hex, streamingDigest } from './digest.ts';
export { deriveKey } from './kdf.ts';
export { MacKey } from './mac.ts';
export { defaultPasswordCost, hashPassword, type PasswordCost, verifyPassword } from './password.ts';
export { newUuid, type Random, systemRandom } from './random.ts';
export { combineShares, splitSecret } from './shamir.ts';
