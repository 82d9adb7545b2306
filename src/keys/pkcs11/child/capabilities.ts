import pkcs11js from 'pkcs11js';
import type { KeyAlgorithm } from '../../port.ts';
import { type Cryptoki, cryptokiNumbers, type Handle } from './cryptoki.ts';
import { gcmMechanism } from './key-operations.ts';
import { ed25519Parameters, generationTemplates } from './key-templates.ts';

interface Need {
  readonly algorithm: KeyAlgorithm;
  /** Size in the unit of the mechanism (bits for RSA and EC), where its limits are worth reading. */
  readonly bits?: number;
  readonly generate: number;
  readonly use: number;
}

const rsa = (bits: 2048 | 3072 | 4096): Need => ({
  algorithm: `rsa-${bits}`,
  bits,
  generate: pkcs11js.CKM_RSA_PKCS_KEY_PAIR_GEN,
  use: pkcs11js.CKM_RSA_PKCS,
});
const ec = (algorithm: KeyAlgorithm, bits: number): Need => ({
  algorithm,
  bits,
  generate: pkcs11js.CKM_EC_KEY_PAIR_GEN,
  use: pkcs11js.CKM_ECDSA,
});
const { CKM_EC_EDWARDS_KEY_PAIR_GEN: generateEdwards, CKM_EDDSA: useEdwards } = cryptokiNumbers;

const needs: readonly Need[] = [
  rsa(2048),
  rsa(3072),
  rsa(4096),
  ec('ec-p256', 256),
  ec('ec-p384', 384),
  ec('ec-p521', 521),
  { algorithm: 'ed25519', generate: generateEdwards, use: useEdwards },
  { algorithm: 'aes-256', generate: pkcs11js.CKM_AES_KEY_GEN, use: pkcs11js.CKM_AES_GCM },
  { algorithm: 'hmac-sha256', generate: pkcs11js.CKM_GENERIC_SECRET_KEY_GEN, use: pkcs11js.CKM_SHA256_HMAC },
];

/**
 * Algorithms the token has keys for. Tokens list mechanisms they cannot do, so what is quick to try is tried with a
 * key that lives in the session; RSA and the larger curves go by the listing, and each new key is tried when it is made.
 */
export function findAlgorithms(cryptoki: Cryptoki, slot: Handle, session: Handle): KeyAlgorithm[] {
  const listed = new Set(cryptoki.C_GetMechanismList(slot));
  return needs
    .filter((need) => isListed(cryptoki, slot, listed, need) && isProved(cryptoki, session, need))
    .map((need) => need.algorithm);
}

/** Whether keys can be brought in: RSA-OAEP and AES key wrap with padding. */
export function findImport(cryptoki: Cryptoki, slot: Handle): boolean {
  const listed = new Set(cryptoki.C_GetMechanismList(slot));
  const { CKM_AES_KEY_WRAP_KWP: kwp, CKM_AES_KEY_WRAP_PAD_OLD: old } = cryptokiNumbers;
  return listed.has(pkcs11js.CKM_RSA_PKCS_OAEP) && (listed.has(kwp) || listed.has(old));
}

function isListed(cryptoki: Cryptoki, slot: Handle, listed: ReadonlySet<number>, need: Need): boolean {
  if (!listed.has(need.generate) || !listed.has(need.use)) return false;
  if (need.bits === undefined) return true;
  const info = cryptoki.C_GetMechanismInfo(slot, need.use);
  return need.bits >= info.minKeySize && need.bits <= info.maxKeySize;
}

function isProved(cryptoki: Cryptoki, session: Handle, need: Need): boolean {
  switch (need.algorithm) {
    case 'ec-p256':
      return isProvedBySigning(cryptoki, session, need);
    case 'ed25519':
      return ed25519Parameters.some((spelling) => isProvedBySigning(cryptoki, session, need, spelling));
    case 'hmac-sha256':
    case 'aes-256':
      return isProvedBySecret(cryptoki, session, need);
    default:
      return true;
  }
}

const trial = (algorithm: KeyAlgorithm) => ({ algorithm, label: 'trial', id: '00'.repeat(20), onToken: false });
const input = Buffer.alloc(32, 0x5a);

function isProvedBySigning(cryptoki: Cryptoki, session: Handle, need: Need, spelling?: string): boolean {
  const templates = generationTemplates({ ...trial(need.algorithm), usages: ['sign'] }, spelling);
  const { mechanism, publicKey, privateKey } = templates;
  try {
    const pair = cryptoki.C_GenerateKeyPair(session, mechanism, publicKey ?? [], privateKey);
    cryptoki.C_SignInit(session, { mechanism: need.use }, pair.privateKey);
    const signature = Buffer.from(cryptoki.C_Sign(session, input, Buffer.alloc(256)));
    cryptoki.C_VerifyInit(session, { mechanism: need.use }, pair.publicKey);
    const valid = cryptoki.C_Verify(session, input, signature);
    cryptoki.C_DestroyObject(session, pair.privateKey);
    cryptoki.C_DestroyObject(session, pair.publicKey);
    return valid;
  } catch {
    return false;
  }
}

function isProvedBySecret(cryptoki: Cryptoki, session: Handle, need: Need): boolean {
  const usages = need.algorithm === 'aes-256' ? (['encrypt', 'decrypt'] as const) : (['mac'] as const);
  const { mechanism, privateKey } = generationTemplates({ ...trial(need.algorithm), usages });
  try {
    const key = cryptoki.C_GenerateKey(session, mechanism, privateKey);
    const works = need.algorithm === 'aes-256' ? opensAgain(cryptoki, session, key) : macs(cryptoki, session, key);
    cryptoki.C_DestroyObject(session, key);
    return works;
  } catch {
    return false;
  }
}

function macs(cryptoki: Cryptoki, session: Handle, key: Handle): boolean {
  cryptoki.C_SignInit(session, { mechanism: pkcs11js.CKM_SHA256_HMAC }, key);
  return cryptoki.C_Sign(session, input, Buffer.alloc(256)).length === 32;
}

function opensAgain(cryptoki: Cryptoki, session: Handle, key: Handle): boolean {
  const mechanism = gcmMechanism(Buffer.alloc(12, 1), input);
  cryptoki.C_EncryptInit(session, mechanism, key);
  const message = Buffer.from(cryptoki.C_Encrypt(session, input, Buffer.alloc(64)));
  cryptoki.C_DecryptInit(session, mechanism, key);
  return cryptoki.C_Decrypt(session, message, Buffer.alloc(64)).equals(input);
}
