import pkcs11js from 'pkcs11js';
import type { Awaitable } from '../../../lib/index.ts';
import type { KeyUsage } from '../../port.ts';
import { wireSchemes } from '../protocol.ts';
import { remedyFor } from '../return-values.ts';
import { cryptokiNumbers, type Handle, type Mechanism } from './cryptoki.ts';
import { ChildFailure, returnValueOf } from './failure.ts';
import { judgeError } from './judge-error.ts';
import type { KeyObject, KeyObjects } from './key-objects.ts';
import type { ModuleCalls } from './module-calls.ts';
import type { SessionPool } from './session-pool.ts';

const gcmTagBytes = 16;

interface SigningWay {
  readonly mechanism: Mechanism;
  /** What the algorithm of a fitting key begins with. */
  readonly keys: string;
}

function pss(hashAlg: number, mgf: number, saltLen: number): SigningWay {
  const parameter = { type: pkcs11js.CK_PARAMS_RSA_PSS, hashAlg, mgf, saltLen };
  return { mechanism: { mechanism: pkcs11js.CKM_RSA_PKCS_PSS, parameter }, keys: 'rsa-' };
}

const raw: SigningWay = { mechanism: { mechanism: pkcs11js.CKM_ECDSA }, keys: 'ec-' };
const pkcs1: SigningWay = { mechanism: { mechanism: pkcs11js.CKM_RSA_PKCS }, keys: 'rsa-' };

/** In the order of `wireSchemes`. Digests are made by the server: 32 to 64 bytes travel, not documents. */
const signingWays: readonly SigningWay[] = wireSchemes.map((scheme) => {
  if (scheme.startsWith('ecdsa-')) return raw;
  if (scheme === 'rsa-pss-sha256') return pss(pkcs11js.CKM_SHA256, pkcs11js.CKG_MGF1_SHA256, 32);
  if (scheme === 'rsa-pss-sha384') return pss(pkcs11js.CKM_SHA384, pkcs11js.CKG_MGF1_SHA384, 48);
  if (scheme === 'rsa-pss-sha512') return pss(pkcs11js.CKM_SHA512, pkcs11js.CKG_MGF1_SHA512, 64);
  return scheme === 'ed25519' ? { mechanism: { mechanism: cryptokiNumbers.CKM_EDDSA }, keys: 'ed25519' } : pkcs1;
});

/** The v2.40 form of the parameters: NSS refuses the other. An empty AAD is left out, as its address would be NULL. */
export function gcmMechanism(nonce: Buffer, associatedData: Buffer): Mechanism {
  const aad = associatedData.length === 0 ? {} : { aad: associatedData };
  const parameter = { type: pkcs11js.CK_PARAMS_AES_GCM_v240, iv: nonce, ivBits: 96, tagBits: 8 * gcmTagBytes, ...aad };
  return { mechanism: pkcs11js.CKM_AES_GCM, parameter };
}

interface Work {
  readonly id: Buffer;
  readonly usage: KeyUsage;
  /** True where the module's unclear errors mean a message that does not open. */
  readonly opensMessage?: boolean;
  run(session: Handle, key: KeyObject): Awaitable<Buffer>;
}

export interface KeyOperationsOptions {
  readonly objects: KeyObjects;
  readonly pool: SessionPool;
  readonly calls: ModuleCalls;
  /** Rejects when the token is gone. */
  readonly probe: () => Promise<void>;
}

/** What is done with keys, with the repairs of `return-values.ts` around it. */
export class KeyOperations {
  readonly #objects: KeyObjects;
  readonly #pool: SessionPool;
  readonly #calls: ModuleCalls;
  readonly #probe: () => Promise<void>;

  constructor(options: KeyOperationsOptions) {
    this.#objects = options.objects;
    this.#pool = options.pool;
    this.#calls = options.calls;
    this.#probe = options.probe;
  }

  sign(id: Buffer, schemeIndex: number, input: Buffer): Awaitable<Buffer> {
    const way = signingWays[schemeIndex];
    if (!way) throw new ChildFailure('refused', 'unknown signature scheme');
    return this.#attempt({
      id,
      usage: 'sign',
      run: (session, key) => {
        // Some modules crash on a mechanism that is not the key's: they never get to see one.
        if (!key.facts.algorithm.startsWith(way.keys)) throw new ChildFailure('refused', 'scheme does not fit the key');
        return this.#calls.sign(session, way.mechanism, key.handle, input);
      },
    });
  }

  mac(id: Buffer, data: Buffer): Awaitable<Buffer> {
    const mechanism = { mechanism: pkcs11js.CKM_SHA256_HMAC };
    return this.#attempt({
      id,
      usage: 'mac',
      run: (session, key) => this.#calls.sign(session, mechanism, key.handle, data),
    });
  }

  encrypt(id: Buffer, nonce: Buffer, associatedData: Buffer, plaintext: Buffer): Awaitable<Buffer> {
    const mechanism = gcmMechanism(nonce, associatedData);
    const outputBytes = plaintext.length + gcmTagBytes;
    return this.#attempt({
      id,
      usage: 'encrypt',
      run: (session, key) => this.#calls.encrypt(session, mechanism, key.handle, plaintext, outputBytes),
    });
  }

  decrypt(id: Buffer, nonce: Buffer, associatedData: Buffer, message: Buffer): Awaitable<Buffer> {
    if (message.length < gcmTagBytes) throw new ChildFailure('not_authentic', 'shorter than a tag');
    const mechanism = gcmMechanism(nonce, associatedData);
    return this.#attempt({
      id,
      usage: 'decrypt',
      opensMessage: true,
      // SoftHSM wants room for the tag too.
      run: (session, key) => this.#calls.decrypt(session, mechanism, key.handle, message, message.length),
    });
  }

  #attempt(work: Work, repeated = false): Awaitable<Buffer> {
    let session: Awaitable<Handle>;
    try {
      session = this.#pool.take();
    } catch (error) {
      return judgeError(error, this.#probe).then((failure) => Promise.reject(failure));
    }
    if (!(session instanceof Promise)) return this.#attemptOn(session, work, repeated);
    return session.then(
      (own) => this.#attemptOn(own, work, repeated),
      async (error) => Promise.reject(await judgeError(error, this.#probe)),
    );
  }

  #attemptOn(session: Handle, work: Work, repeated: boolean): Awaitable<Buffer> {
    try {
      const result = work.run(session, this.#usableKey(work));
      if (!(result instanceof Promise)) {
        this.#pool.give(session);
        return result;
      }
      return result.then(
        (bytes) => {
          this.#pool.give(session);
          return bytes;
        },
        (error) => this.#repair(error, session, work, repeated),
      );
    } catch (error) {
      return this.#repair(error, session, work, repeated);
    }
  }

  #usableKey(work: Work): KeyObject {
    const key = this.#objects.find(work.id);
    if (!key) throw new ChildFailure('key_missing', 'no key of that id');
    if (key.unsafe !== undefined) throw new ChildFailure('key_unsafe', key.unsafe);
    if (!key.facts.usages.includes(work.usage))
      throw new ChildFailure('refused', `the key is not there to ${work.usage}`);
    return key;
  }

  async #repair(error: unknown, session: Handle, work: Work, repeated: boolean): Promise<Buffer> {
    if (error instanceof ChildFailure) {
      this.#pool.give(session);
      throw await judgeError(error, this.#probe);
    }
    this.#pool.discard(session);
    const remedy = remedyFor(returnValueOf(error));
    if (remedy === 'find_again') this.#objects.forget(work.id);
    const repeatable = remedy === 'find_again' || remedy === 'new_session' || remedy === 'fewer_sessions';
    if (repeatable && !repeated) return this.#attempt(work, true);
    throw await judgeError(error, this.#probe, work.opensMessage);
  }
}
