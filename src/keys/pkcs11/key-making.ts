import {
  AeadKey,
  defaultScheme,
  MacKey,
  PrivateKey,
  type Random,
  rsaSpki,
  wrapKeyForToken,
} from '../../crypto/index.ts';
import { isError, type SecretBytes, StrongroomError } from '../../lib/index.ts';
import { checkedRequest, isKeyPair, newKeyId, requireAlgorithm, requireSecretSize } from '../key-rules.ts';
import type {
  GenerateKeyRequest,
  ImportKeyRequest,
  KeyAlgorithm,
  KeyDescription,
  KeyId,
  KeyProvider,
} from '../port.ts';
import { idTaken } from '../refusals.ts';
import type { KnownKey } from './known-keys.ts';
import {
  type ImportOrder,
  type KeyFacts,
  type KeyOrder,
  type Operation,
  operations,
  type WrappingKey,
} from './protocol.ts';
import { factsOfPublicKey } from './public-key-facts.ts';

export interface KeyMakingOptions {
  readonly random: Random;
  readonly request: (subject: string, operation: Operation, parts: readonly Uint8Array[]) => Promise<Buffer>;
  /** Refuses what the token cannot do. */
  readonly requireAlgorithm: (algorithm: KeyAlgorithm) => void;
  readonly remember: (id: KeyId, facts: KeyFacts) => KnownKey;
  readonly keys: KeyProvider;
}

const sample = Buffer.from('strongroom self-test');
const toJson = (value: unknown): Buffer => Buffer.from(JSON.stringify(value), 'utf8');
const fromJson = <T>(payload: Buffer): T => JSON.parse(payload.toString('utf8')) as T;

/** Makes and imports keys in the token; none is handed out before it has done its work once. */
export class KeyMaking {
  readonly #options: KeyMakingOptions;
  #lastImport: Promise<unknown> = Promise.resolve();

  constructor(options: KeyMakingOptions) {
    this.#options = options;
  }

  async generate(request: GenerateKeyRequest): Promise<KeyDescription> {
    const order = this.#order(request);
    const { id } = order;
    const facts = fromJson<KeyFacts>(await this.#options.request(id, operations.generate, [toJson(order)]));
    const key = this.#options.remember(id, facts);
    // Found again or new, it has to work; one that was made in another call is not ours to destroy.
    await this.#test(key, request.id === undefined, () => this.#worksAlone(key));
    return key.description;
  }

  import(request: ImportKeyRequest): Promise<KeyDescription> {
    // The child keeps one wrapping key at a time.
    const turn = this.#lastImport.then(() => this.#import(request));
    this.#lastImport = turn.catch(() => undefined);
    return turn;
  }

  async #import(request: ImportKeyRequest): Promise<KeyDescription> {
    const order = this.#order(request);
    const { algorithm, id } = order;
    const pair = isKeyPair(algorithm) ? PrivateKey.fromPkcs8(request.material) : undefined;
    if (pair) requireAlgorithm(algorithm, pair.algorithm);
    else if (!isKeyPair(algorithm)) requireSecretSize(algorithm, request.material);
    const existing = request.id === undefined ? undefined : await this.#options.keys.describe(id);
    if (existing) {
      if (pair && existing.publicKeyDer?.equals(pair.publicKey.spki)) return existing;
      throw idTaken(id);
    }
    const facts = await this.#bringIn(order, pair, request.material);
    const key = this.#options.remember(id, facts);
    await this.#test(key, true, () => this.#worksLike(key, pair, request.material));
    return key.description;
  }

  #order(request: GenerateKeyRequest): KeyOrder {
    const { algorithm, label, usages } = checkedRequest(request);
    this.#options.requireAlgorithm(algorithm);
    return { algorithm, label, usages, id: request.id ?? newKeyId(this.#options.random) };
  }

  async #bringIn(order: KeyOrder, pair: PrivateKey | undefined, material: SecretBytes): Promise<KeyFacts> {
    const { request, random } = this.#options;
    const wrappingKey = fromJson<WrappingKey>(await request(order.id, operations.beginImport, []));
    const spki = rsaSpki(Buffer.from(wrappingKey.modulus, 'base64'), Buffer.from(wrappingKey.exponent, 'base64'));
    const pkcs8 = pair?.toPkcs8();
    const wrapped = wrapKeyForToken(pkcs8 ?? material, spki, wrappingKey.oaepHash, random);
    pkcs8?.wipe();
    const importOrder: ImportOrder = {
      ...order,
      wrappedAesKey: wrapped.wrappedAesKey.toString('base64'),
      wrappedKey: wrapped.wrappedKey.toString('base64'),
      ...(pair ? factsOfPublicKey(pair.algorithm, pair.publicKey.spki) : {}),
    };
    return fromJson<KeyFacts>(await request(order.id, operations.finishImport, [toJson(importOrder)]));
  }

  async #worksAlone(key: KnownKey): Promise<boolean> {
    const { keys } = this.#options;
    const { id, algorithm, usages } = key.description;
    if (isKeyPair(algorithm)) {
      const scheme = defaultScheme(algorithm);
      return keys.verify(id, scheme, sample, await keys.sign(id, scheme, sample));
    }
    if (algorithm === 'hmac-sha256') return (await keys.mac(id, sample)).length === 32;
    if (usages.length < 2) return true;
    const opened = await keys.decrypt(id, await keys.encrypt(id, sample, sample), sample);
    return opened?.equals(sample) === true;
  }

  /** An imported key has to be the one that was sent: a token that unpads in another way would keep something else. */
  async #worksLike(key: KnownKey, pair: PrivateKey | undefined, material: SecretBytes): Promise<boolean> {
    const { keys, random } = this.#options;
    const { id, algorithm, usages } = key.description;
    if (pair) {
      const scheme = defaultScheme(pair.algorithm);
      return pair.publicKey.verify(scheme, sample, await keys.sign(id, scheme, sample));
    }
    if (algorithm === 'hmac-sha256') return (await keys.mac(id, sample)).equals(new MacKey(material).bytes(sample));
    const here = new AeadKey(material, random);
    if (usages.includes('encrypt'))
      return here.open(await keys.encrypt(id, sample, sample), sample)?.equals(sample) === true;
    return (await keys.decrypt(id, here.seal(sample, sample), sample))?.equals(sample) === true;
  }

  /** A key that does not work is destroyed, unless it may be older than this call. */
  async #test(key: KnownKey, ours: boolean, works: () => Promise<boolean>): Promise<void> {
    const { id } = key.description;
    try {
      if (await works()) return;
    } catch (error) {
      // While the token is away nothing is known of the key; repeating the call with its id finds it.
      if (isError(error, 'keys_unavailable') || isError(error, 'overloaded')) throw error;
    }
    if (ours) await this.#options.keys.destroy(id);
    throw new StrongroomError('internal', 'the key store made a key that does not work', {
      hint: 'look at the health and the capabilities of the token',
      cause: new Error(`self-test of key ${id} failed`),
    });
  }
}
