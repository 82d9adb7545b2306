import pkcs11js from 'pkcs11js';
import type { ImportOrder, WrappingKey } from '../protocol.ts';
import { remedyFor } from '../return-values.ts';
import { readAttribute } from './attributes.ts';
import { type Cryptoki, cryptokiNumbers, type Handle, type Mechanism, type Template } from './cryptoki.ts';
import { ChildFailure, describeError, returnValueOf } from './failure.ts';
import { ed25519Parameters, importedPublicTemplate, privateTemplate } from './key-templates.ts';

/**
 * Brings a key in without this process, or the pipe to it, ever holding it in clear: an RSA pair that lives in one
 * session of the token opens an AES key, which opens the key itself (RFC 8017 7.1, RFC 5649).
 */
export class KeyImport {
  readonly #cryptoki: Cryptoki;
  readonly #openSession: () => Handle;
  #session: Handle | undefined;
  #wrappingKey: Handle | undefined;
  #oaepHash: WrappingKey['oaepHash'] = 'sha256';

  constructor(cryptoki: Cryptoki, openSession: () => Handle) {
    this.#cryptoki = cryptoki;
    this.#openSession = openSession;
  }

  /** Makes the wrapping pair; one that was not used is dropped. */
  async begin(): Promise<WrappingKey> {
    this.abandon();
    const session = this.#openSession();
    this.#session = session;
    const common: Template = [{ type: pkcs11js.CKA_TOKEN, value: false }];
    const publicKey: Template = [
      ...common,
      { type: pkcs11js.CKA_ENCRYPT, value: true },
      { type: pkcs11js.CKA_WRAP, value: true },
      { type: pkcs11js.CKA_MODULUS_BITS, value: 2048 },
      { type: pkcs11js.CKA_PUBLIC_EXPONENT, value: Buffer.from('010001', 'hex') },
    ];
    const privateKey: Template = [
      ...common,
      { type: pkcs11js.CKA_PRIVATE, value: true },
      { type: pkcs11js.CKA_SENSITIVE, value: true },
      { type: pkcs11js.CKA_EXTRACTABLE, value: false },
      { type: pkcs11js.CKA_UNWRAP, value: true },
    ];
    const mechanism = { mechanism: pkcs11js.CKM_RSA_PKCS_KEY_PAIR_GEN };
    const pair = await this.#cryptoki.C_GenerateKeyPairAsync(session, mechanism, publicKey, privateKey);
    this.#wrappingKey = pair.privateKey;
    this.#oaepHash = this.#knowsOaepSha256(session, pair.publicKey) ? 'sha256' : 'sha1';
    const read = (type: number): string =>
      readAttribute(this.#cryptoki, session, pair.publicKey, type)?.toString('base64') ?? '';
    const [modulus, exponent] = [read(pkcs11js.CKA_MODULUS), read(pkcs11js.CKA_PUBLIC_EXPONENT)];
    return { modulus, exponent, oaepHash: this.#oaepHash };
  }

  /** Opens both layers inside the token and adds the public object. `unsupported` may mean a token that is gone: probe. */
  async finish(order: ImportOrder): Promise<void> {
    const [session, wrappingKey] = [this.#session, this.#wrappingKey];
    if (session === undefined || wrappingKey === undefined) throw new ChildFailure('refused', 'no import was begun');
    const wrappedAesKey = Buffer.from(order.wrappedAesKey, 'base64');
    const aesKey = this.#cryptoki.C_UnwrapKey(session, oaep(this.#oaepHash), wrappingKey, wrappedAesKey, [
      { type: pkcs11js.CKA_CLASS, value: pkcs11js.CKO_SECRET_KEY },
      { type: pkcs11js.CKA_KEY_TYPE, value: pkcs11js.CKK_AES },
      { type: pkcs11js.CKA_TOKEN, value: false },
      { type: pkcs11js.CKA_SENSITIVE, value: true },
      { type: pkcs11js.CKA_EXTRACTABLE, value: false },
      { type: pkcs11js.CKA_UNWRAP, value: true },
      { type: pkcs11js.CKA_DECRYPT, value: false },
    ]);
    const mechanism = { mechanism: this.#keyWrapMechanism(session) };
    const template = privateTemplate({ ...order, onToken: true });
    try {
      this.#cryptoki.C_UnwrapKey(session, mechanism, aesKey, Buffer.from(order.wrappedKey, 'base64'), template);
    } catch (error) {
      const code = returnValueOf(error);
      if (remedyFor(code) !== 'probe') throw error;
      throw new ChildFailure('unsupported', `unwrapping: ${describeError(error)}`, code);
    }
    if (order.modulus === undefined && order.point === undefined) return;
    this.#createPublicObject(session, order);
  }

  /** Ends the session, and with it every key that lived in it. */
  abandon(): void {
    const session = this.#session;
    this.#session = undefined;
    this.#wrappingKey = undefined;
    if (session === undefined) return;
    try {
      this.#cryptoki.C_CloseSession(session);
    } catch {
      // Gone already.
    }
  }

  #createPublicObject(session: Handle, order: ImportOrder): void {
    try {
      this.#cryptoki.C_CreateObject(session, importedPublicTemplate(order));
    } catch (error) {
      if (order.algorithm !== 'ed25519') throw error;
      this.#cryptoki.C_CreateObject(session, importedPublicTemplate(order, ed25519Parameters[1]));
    }
  }

  #knowsOaepSha256(session: Handle, publicKey: Handle): boolean {
    try {
      this.#cryptoki.C_EncryptInit(session, oaep('sha256'), publicKey);
      this.#cryptoki.C_Encrypt(session, Buffer.alloc(32), Buffer.alloc(256));
      return true;
    } catch {
      return false;
    }
  }

  #keyWrapMechanism(session: Handle): number {
    const slot = this.#cryptoki.C_GetSessionInfo(session).slotID;
    const listed = this.#cryptoki.C_GetMechanismList(slot);
    const { CKM_AES_KEY_WRAP_KWP: kwp, CKM_AES_KEY_WRAP_PAD_OLD: old } = cryptokiNumbers;
    const found = [kwp, old].find((mechanism) => listed.includes(mechanism));
    if (found === undefined) throw new ChildFailure('unsupported', 'the token has no AES key wrap with padding');
    return found;
  }
}

function oaep(hash: WrappingKey['oaepHash']): Mechanism {
  const [hashAlg, mgf] =
    hash === 'sha1' ? [pkcs11js.CKM_SHA_1, pkcs11js.CKG_MGF1_SHA1] : [pkcs11js.CKM_SHA256, pkcs11js.CKG_MGF1_SHA256];
  const parameter = { type: pkcs11js.CK_PARAMS_RSA_OAEP, hashAlg, mgf, source: cryptokiNumbers.CKZ_DATA_SPECIFIED };
  return { mechanism: pkcs11js.CKM_RSA_PKCS_OAEP, parameter };
}
