import { PrivateKey, type Random } from '../../crypto/index.ts';
import { type Awaitable, isError, SecretBytes } from '../../lib/index.ts';
import {
  checkedRequest,
  isKeyPair,
  newKeyId,
  requireAlgorithm,
  requireData,
  requireKeyId,
  requireRandomSize,
  requireScheme,
  requireSecretSize,
  requireUsage,
} from '../key-rules.ts';
import type {
  GenerateKeyRequest,
  ImportKeyRequest,
  KeyAlgorithm,
  KeyDescription,
  KeyHealth,
  KeyId,
  KeyProvider,
  SecretKeyAlgorithm,
  SignatureScheme,
} from '../port.ts';
import { RecentKeys } from '../recent-keys.ts';
import { idTaken, keyMissing, keysUnavailable } from '../refusals.ts';
import type { KeyMaterialRecord, KeyMaterialStore } from './material-store.ts';
import { copySecret, describeRecord, type OpenedKey, openRecord } from './opened-key.ts';

export interface SoftwareKeysOptions {
  readonly store: KeyMaterialStore;
  readonly random: Random;
  /** How many opened keys are remembered; 64 when absent. */
  readonly openedKeys?: number;
}

/** Keys in this process's memory while they are used, and sealed in the store otherwise. */
export class SoftwareKeyProvider implements KeyProvider {
  readonly home = 'software';
  readonly #store: KeyMaterialStore;
  readonly #random: Random;
  readonly #opened: RecentKeys<OpenedKey>;
  /** An opening that began before a key was forgotten is used once and not remembered. */
  #forgets = 0;
  #closed = false;

  constructor(options: SoftwareKeysOptions) {
    this.#store = options.store;
    this.#random = options.random;
    this.#opened = new RecentKeys(options.openedKeys ?? 64);
  }

  async generate(request: GenerateKeyRequest): Promise<KeyDescription> {
    this.#requireOpen();
    const { algorithm, label, usages } = checkedRequest(request);
    const id = request.id ?? newKeyId(this.#random);
    const existing = await this.#describeExisting(id, request);
    if (existing) return existing;
    const made = await this.#make(algorithm);
    try {
      return await this.#add(id, { algorithm, label, usages, local: true, ...made });
    } catch (error) {
      // Another call with the same id was quicker: its key is the one.
      const first = isError(error, 'conflict') ? await this.#describeExisting(id, request) : undefined;
      if (first) return first;
      throw error;
    }
  }

  async import(request: ImportKeyRequest): Promise<KeyDescription> {
    this.#requireOpen();
    const { algorithm, label, usages } = checkedRequest(request);
    const id = request.id ?? newKeyId(this.#random);
    if (!isKeyPair(algorithm)) return this.#importSecret(id, algorithm, request);
    const pair = PrivateKey.fromPkcs8(request.material);
    requireAlgorithm(algorithm, pair.algorithm);
    const publicKeyDer = pair.publicKey.spki;
    const existing = await this.#describeExisting(id, request);
    if (existing?.publicKeyDer?.equals(publicKeyDer)) return existing;
    if (existing) throw idTaken(id);
    return this.#add(id, { algorithm, label, usages, local: false, publicKeyDer, material: pair.toPkcs8() });
  }

  async describe(id: KeyId): Promise<KeyDescription | undefined> {
    this.#requireOpen();
    requireKeyId(id);
    const record = await this.#store.read(id);
    record?.material.wipe();
    return record && describeRecord(id, record);
  }

  async sign(id: KeyId, scheme: SignatureScheme, data: Uint8Array): Promise<Buffer> {
    requireData(data);
    const opening = this.#open(id);
    const key = opening instanceof Promise ? await opening : opening;
    requireScheme(key.description.algorithm, scheme);
    requireUsage(key.description.usages, 'sign');
    const pair = key.pair as PrivateKey;
    // A signature on a curve costs less than handing it to another thread and taking it back.
    return pair.algorithm.startsWith('rsa') ? pair.signAside(scheme, data) : pair.sign(scheme, data);
  }

  async verify(id: KeyId, scheme: SignatureScheme, data: Uint8Array, signature: Uint8Array): Promise<boolean> {
    requireData(data);
    const key = await this.#open(id);
    requireScheme(key.description.algorithm, scheme);
    return (key.pair as PrivateKey).publicKey.verify(scheme, data, signature);
  }

  async encrypt(id: KeyId, plaintext: Uint8Array, associatedData: Uint8Array): Promise<Buffer> {
    requireData(plaintext);
    requireData(associatedData);
    const key = await this.#open(id);
    requireUsage(key.description.usages, 'encrypt');
    return (key.aead as NonNullable<OpenedKey['aead']>).seal(plaintext, associatedData);
  }

  async decrypt(id: KeyId, message: Uint8Array, associatedData: Uint8Array): Promise<Buffer | undefined> {
    requireData(message);
    requireData(associatedData);
    const key = await this.#open(id);
    requireUsage(key.description.usages, 'decrypt');
    return (key.aead as NonNullable<OpenedKey['aead']>).open(message, associatedData);
  }

  async mac(id: KeyId, data: Uint8Array): Promise<Buffer> {
    requireData(data);
    const key = await this.#open(id);
    requireUsage(key.description.usages, 'mac');
    return (key.mac as NonNullable<OpenedKey['mac']>).bytes(data);
  }

  async random(size: number): Promise<Buffer> {
    this.#requireOpen();
    requireRandomSize(size);
    return this.#random.bytes(size);
  }

  async destroy(id: KeyId): Promise<void> {
    this.#requireOpen();
    requireKeyId(id);
    await this.#store.remove(id);
    this.forget(id);
  }

  /** Drops the opened key, when another node changed or destroyed it. */
  forget(id: KeyId): void {
    this.#forgets += 1;
    this.#opened.delete(id);
  }

  health(): KeyHealth {
    if (this.#closed) return { state: 'degraded', detail: 'closed', generation: 1 };
    return { state: 'ok', detail: 'software keys', generation: 1 };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#opened.clear();
  }

  #requireOpen(): void {
    if (this.#closed) throw keysUnavailable('the software key store is closed');
  }

  #open(id: KeyId): Awaitable<OpenedKey> {
    this.#requireOpen();
    return this.#opened.get(id) ?? this.#openFromStore(id);
  }

  async #openFromStore(id: KeyId): Promise<OpenedKey> {
    requireKeyId(id);
    const forgets = this.#forgets;
    const record = await this.#store.read(id);
    if (!record) throw keyMissing(id);
    const key = openRecord(id, record, this.#random);
    if (!this.#closed && forgets === this.#forgets) this.#opened.set(id, key);
    return key;
  }

  async #make(algorithm: KeyAlgorithm): Promise<Pick<KeyMaterialRecord, 'material' | 'publicKeyDer'>> {
    if (!isKeyPair(algorithm)) return { material: new SecretBytes(this.#random.bytes(32)) };
    const pair = await PrivateKey.generate(algorithm);
    return { publicKeyDer: pair.publicKey.spki, material: pair.toPkcs8() };
  }

  async #describeExisting(id: KeyId, request: GenerateKeyRequest): Promise<KeyDescription | undefined> {
    if (request.id === undefined) return undefined;
    const existing = await this.describe(id);
    if (existing && existing.algorithm !== request.algorithm) throw idTaken(id);
    return existing;
  }

  async #importSecret(id: KeyId, algorithm: SecretKeyAlgorithm, request: ImportKeyRequest): Promise<KeyDescription> {
    requireSecretSize(algorithm, request.material);
    // A secret key has nothing public to compare by, so a repeated import is told from another key by its id alone.
    if (await this.#describeExisting(id, request)) throw idTaken(id);
    const { label, usages } = checkedRequest(request);
    return this.#add(id, { algorithm, label, usages, local: false, material: copySecret(request.material) });
  }

  async #add(id: KeyId, record: KeyMaterialRecord): Promise<KeyDescription> {
    try {
      await this.#store.write(id, record);
    } finally {
      record.material.wipe();
    }
    return describeRecord(id, record);
  }
}
