import type { KeyPairAlgorithm, SignatureScheme } from '../crypto/index.ts';
import type { SecretBytes } from '../lib/index.ts';

export type { SignatureScheme } from '../crypto/index.ts';

export type SecretKeyAlgorithm = 'aes-256' | 'hmac-sha256';
export type KeyAlgorithm = KeyPairAlgorithm | SecretKeyAlgorithm;

/** What a key may be asked to do. Key pairs sign; AES keys encrypt and decrypt; HMAC keys mac. Nothing ever wraps. */
export type KeyUsage = 'sign' | 'encrypt' | 'decrypt' | 'mac';

export type KeyHome = 'software' | 'pkcs11';

/** 20 random bytes as 40 lower-case hexadecimal characters; CKA_ID in a token. */
export type KeyId = string;

/** How well the private or secret half is kept, as the key's home reports it (PKCS#11 2.40, 4.9 and 4.10). */
export interface KeyAttributes {
  /** Its value cannot be read in clear. */
  readonly sensitive: boolean;
  /** It can leave its home in some form. */
  readonly extractable: boolean;
  readonly alwaysSensitive: boolean;
  readonly neverExtractable: boolean;
  /** Made there, not imported. */
  readonly local: boolean;
}

export interface KeyDescription {
  readonly id: KeyId;
  readonly algorithm: KeyAlgorithm;
  /** For people; never looked up by. */
  readonly label: string;
  readonly home: KeyHome;
  /** SubjectPublicKeyInfo, DER; key pairs only. */
  readonly publicKeyDer?: Buffer;
  readonly usages: readonly KeyUsage[];
  readonly attributes: KeyAttributes;
  /** Serial number of the token that holds it; PKCS#11 only. */
  readonly tokenSerial?: string;
}

export interface GenerateKeyRequest {
  readonly algorithm: KeyAlgorithm;
  /** At most 64 characters, printable. */
  readonly label: string;
  /** Everything the algorithm can do when absent. */
  readonly usages?: readonly KeyUsage[];
  /** Chosen by the caller and recorded before the call, a repeated call makes no twin: it finds the first key. */
  readonly id?: KeyId;
}

export interface ImportKeyRequest extends GenerateKeyRequest {
  /** PKCS#8 DER for key pairs; the 32 bytes of an AES key; 32 to 128 bytes of an HMAC key. */
  readonly material: SecretBytes;
}

export interface KeyHealth {
  /** `operator_needed`: nothing is tried again until someone looks (a wrong PIN, two tokens of one name). */
  readonly state: 'ok' | 'degraded' | 'operator_needed';
  /** For operators; holds no secret. */
  readonly detail: string;
  /** Counts how often the home was (re)opened; handles of an older generation are dead. */
  readonly generation: number;
}

/**
 * Where private keys live. Every home gives the same answers (`conformance.ts` is the proof).
 *
 * Errors, all `StrongroomError`: `invalid_field` for what the caller got wrong (scheme, usage, size, id), `conflict` for
 * an id that is another key, `unsupported_operation` for what this home cannot do, `keys_unavailable` (with
 * `retryAfterSeconds`) while the home is out of reach, `overloaded` when too much is waiting, `internal` for a key that
 * is missing or not protected as it has to be. A home never answers in place of another.
 */
export interface KeyProvider {
  readonly home: KeyHome;
  /** Makes a key. Repeating a call with the same id and algorithm answers the same key. */
  generate(request: GenerateKeyRequest): Promise<KeyDescription>;
  /** Takes in a key made elsewhere; its description says `local: false`. */
  import(request: ImportKeyRequest): Promise<KeyDescription>;
  /** What is known of a key, read from its home; undefined when there is none. */
  describe(id: KeyId): Promise<KeyDescription | undefined>;
  /** A signature of `data`, hashed by the scheme; ECDSA as DER. */
  sign(id: KeyId, scheme: SignatureScheme, data: Uint8Array): Promise<Buffer>;
  /** Whether the signature is one of `data` by this key; false for a malformed one. */
  verify(id: KeyId, scheme: SignatureScheme, data: Uint8Array, signature: Uint8Array): Promise<boolean>;
  /** AES-256-GCM with a random nonce: nonce ‖ ciphertext ‖ tag. Count uses: rotate before 2^32 (SP 800-38D 8.3). */
  encrypt(id: KeyId, plaintext: Uint8Array, associatedData: Uint8Array): Promise<Buffer>;
  /** The plaintext, or undefined when message, associated data or key is not what it was. */
  decrypt(id: KeyId, message: Uint8Array, associatedData: Uint8Array): Promise<Buffer | undefined>;
  /** HMAC-SHA-256 of `data`. */
  mac(id: KeyId, data: Uint8Array): Promise<Buffer>;
  /** Unpredictable bytes, at most 64 KiB; a token's generator is mixed with the system's, never trusted alone. */
  random(size: number): Promise<Buffer>;
  /** Ends a key for good; a key that is already gone is no error. */
  destroy(id: KeyId): Promise<void>;
  health(): KeyHealth;
  /** Ends the provider; what is under way fails with `keys_unavailable`. */
  close(): Promise<void>;
}
