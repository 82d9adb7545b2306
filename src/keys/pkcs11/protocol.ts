import type { SignatureScheme } from '../../crypto/index.ts';
import type { GenerateKeyRequest, KeyAlgorithm, KeyAttributes, KeyUsage } from '../port.ts';

/** The words the server and its PKCS#11 child speak. Both run from the same release: there are no versions. */

/** Requests. Payloads: J is JSON, K the 20 bytes of a key id. */
export const operations = {
  /** pair(J StartRequest, PIN) → J StartAnswer */
  start: 1,
  /** K ‖ scheme index (uint8) ‖ what the mechanism takes (digest, DigestInfo, message) → signature as the token makes it */
  sign: 2,
  /** K ‖ data → MAC */
  mac: 3,
  /** K ‖ nonce (12) ‖ pair(associated data, plaintext) → ciphertext ‖ tag */
  encrypt: 4,
  /** K ‖ nonce (12) ‖ pair(associated data, ciphertext ‖ tag) → plaintext */
  decrypt: 5,
  /** size (uint32) → bytes */
  random: 6,
  /** nothing → nothing; a signature by the token's probe key */
  probe: 7,
  /** J KeyOrder → J KeyFacts */
  generate: 8,
  /** K → J KeyFacts or nothing */
  describe: 9,
  /** K → nothing */
  destroy: 10,
  /** nothing → J WrappingKey */
  beginImport: 11,
  /** J ImportOrder → J KeyFacts */
  finishImport: 12,
} as const;
export type Operation = (typeof operations)[keyof typeof operations];

export const answerOk = 0;
/** J Failure */
export const answerFailed = 1;

/** Schemes travel as their place in this list. */
export const wireSchemes: readonly SignatureScheme[] = [
  'ecdsa-sha256',
  'ecdsa-sha384',
  'ecdsa-sha512',
  'rsa-sha256',
  'rsa-sha384',
  'rsa-sha512',
  'rsa-pss-sha256',
  'rsa-pss-sha384',
  'rsa-pss-sha512',
  'ed25519',
];

export type FailureKind =
  /** the module, the token or its connection is gone or must be opened anew */
  | 'unavailable'
  /** an operator has to act before anything is tried again */
  | 'operator_needed'
  | 'key_missing'
  | 'key_unsafe'
  | 'id_taken'
  /** the ciphertext does not open */
  | 'not_authentic'
  /** the caller's mistake */
  | 'refused'
  | 'unsupported'
  | 'internal';

export interface Failure {
  readonly kind: FailureKind;
  /** The CKR_ number, 0 when the failure is not the module's. */
  readonly code: number;
  /** For the log; holds no secret. */
  readonly text: string;
}

export interface StartRequest {
  readonly modulePath: string;
  readonly libraryParameters?: string;
  readonly tokenLabel?: string;
  readonly tokenSerial?: string;
  readonly sessions: number;
  readonly readWriteSessions: boolean;
  readonly calls: 'auto' | 'blocking' | 'threaded';
}

export interface StartAnswer {
  readonly tokenLabel: string;
  readonly tokenSerial: string;
  readonly manufacturer: string;
  readonly model: string;
  readonly sessions: number;
  readonly calls: 'blocking' | 'threaded';
  readonly probeMillis: number;
  /** Algorithms this token makes keys for and uses, by listing and by trial. */
  readonly algorithms: readonly KeyAlgorithm[];
  readonly canImport: boolean;
}

export interface KeyOrder extends Required<GenerateKeyRequest> {}

export interface KeyFacts {
  readonly algorithm: KeyAlgorithm;
  readonly label: string;
  readonly usages: readonly KeyUsage[];
  readonly attributes: KeyAttributes;
  /** The public half in whichever form the token has it, base64: EC_POINT … */
  readonly point?: string;
  /** … or an RSA modulus and exponent … */
  readonly modulus?: string;
  readonly exponent?: string;
  /** … or a SubjectPublicKeyInfo. */
  readonly spki?: string;
}

export interface WrappingKey {
  /** RSA, base64 */
  readonly modulus: string;
  readonly exponent: string;
  readonly oaepHash: 'sha1' | 'sha256';
}

export interface ImportOrder extends KeyOrder {
  /** base64 */
  readonly wrappedAesKey: string;
  /** base64 */
  readonly wrappedKey: string;
  /** The public half, base64; key pairs only. EC: the point as DER OCTET STRING, as CKA_EC_POINT has it. */
  readonly point?: string;
  readonly modulus?: string;
  readonly exponent?: string;
}
