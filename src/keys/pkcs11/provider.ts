import type { SignatureScheme } from '../../crypto/index.ts';
import { StrongroomError } from '../../lib/index.ts';
import {
  maximumDataBytes,
  requireData,
  requireKeyId,
  requireRandomSize,
  requireScheme,
  requireUsage,
} from '../key-rules.ts';
import type { GenerateKeyRequest, ImportKeyRequest, KeyDescription, KeyHealth, KeyId, KeyProvider } from '../port.ts';
import { RecentKeys } from '../recent-keys.ts';
import { keyMissing, unsupportedByHome } from '../refusals.ts';
import { type CheckedPkcs11Options, checkedOptions, type Pkcs11Options } from './configuration.ts';
import { NotAuthentic } from './failure-error.ts';
import { uint32 } from './frames.ts';
import { KeyMaking } from './key-making.ts';
import { type KnownKey, knownKey, portSignature, schemeByte } from './known-keys.ts';
import { type KeyFacts, type Operation, operations, type StartAnswer } from './protocol.ts';
import { signingInput } from './signing-input.ts';
import { ChildSupervisor } from './supervisor.ts';

const nonceBytes = 12;
const tagBytes = 16;

/** Keys in a PKCS#11 token, used through a child process that owns the module. */
export class Pkcs11KeyProvider implements KeyProvider {
  readonly home = 'pkcs11';
  readonly #options: CheckedPkcs11Options;
  readonly #supervisor: ChildSupervisor;
  readonly #known = new RecentKeys<KnownKey>(4096);
  readonly #making: KeyMaking;

  /** Starts the child and goes on without waiting: see `started`. Throws `invalid_field` for options that cannot work. */
  constructor(options: Pkcs11Options) {
    this.#options = checkedOptions(options);
    // Another token may answer to the same name after a restart.
    this.#supervisor = new ChildSupervisor(this.#options, () => this.#known.clear());
    const { keyMakingMillis } = this.#options.deadlines;
    this.#making = new KeyMaking({
      random: this.#options.random,
      request: (subject, operation, parts) => this.#supervisor.request(subject, operation, keyMakingMillis, parts),
      requireAlgorithm: (algorithm) => {
        const { token } = this.#supervisor;
        if (token && !token.algorithms.includes(algorithm)) throw unsupportedByHome(`a key of type ${algorithm}`);
      },
      remember: (id, facts) => this.#remember(id, facts),
      keys: this,
    });
  }

  /** Settles with the start under way: rejects with `keys_unavailable` when it failed. Later starts need no call. */
  started(): Promise<void> {
    return this.#supervisor.started();
  }

  /** What the token said of itself at the last start: names, algorithms, sessions, way of calling. */
  token(): StartAnswer | undefined {
    return this.#supervisor.token;
  }

  /** Process that owns the module now, for operators and tests. */
  childPid(): number | undefined {
    return this.#supervisor.childPid;
  }

  generate(request: GenerateKeyRequest): Promise<KeyDescription> {
    return this.#making.generate(request);
  }

  import(request: ImportKeyRequest): Promise<KeyDescription> {
    return this.#making.import(request);
  }

  async describe(id: KeyId): Promise<KeyDescription | undefined> {
    return (await this.#look(id))?.description;
  }

  async sign(id: KeyId, scheme: SignatureScheme, data: Uint8Array): Promise<Buffer> {
    requireData(data);
    const key = this.#known.get(id) ?? (await this.#learn(id));
    const { algorithm, usages } = key.description;
    requireScheme(algorithm, scheme);
    requireUsage(usages, 'sign');
    const parts = [key.idBytes, schemeByte(scheme), ...signingInput(algorithm, scheme, data)];
    return portSignature(key, await this.#operate(id, operations.sign, parts));
  }

  async verify(id: KeyId, scheme: SignatureScheme, data: Uint8Array, signature: Uint8Array): Promise<boolean> {
    requireData(data);
    const key = this.#known.get(id) ?? (await this.#learn(id));
    requireScheme(key.description.algorithm, scheme);
    if (!key.publicKey) throw unsupportedByHome('verifying with a key whose public half the token does not hold');
    return key.publicKey.verify(scheme, data, signature);
  }

  async encrypt(id: KeyId, plaintext: Uint8Array, associatedData: Uint8Array): Promise<Buffer> {
    requireData(plaintext);
    requireData(associatedData);
    const key = this.#known.get(id) ?? (await this.#learn(id));
    requireUsage(key.description.usages, 'encrypt');
    const nonce = this.#options.random.bytes(nonceBytes);
    const parts = [key.idBytes, nonce, uint32(associatedData.byteLength), associatedData, plaintext];
    const answer = await this.#operate(id, operations.encrypt, parts);
    requireLength(answer, plaintext.byteLength + tagBytes);
    return Buffer.concat([nonce, answer]);
  }

  async decrypt(id: KeyId, message: Uint8Array, associatedData: Uint8Array): Promise<Buffer | undefined> {
    if (message.byteLength > maximumDataBytes + nonceBytes + tagBytes) requireData(message);
    requireData(associatedData);
    const key = this.#known.get(id) ?? (await this.#learn(id));
    requireUsage(key.description.usages, 'decrypt');
    if (message.byteLength < nonceBytes + tagBytes) return undefined;
    const nonce = message.subarray(0, nonceBytes);
    const parts = [key.idBytes, nonce, uint32(associatedData.byteLength), associatedData, message.subarray(nonceBytes)];
    try {
      const answer = await this.#operate(id, operations.decrypt, parts);
      requireLength(answer, message.byteLength - nonceBytes - tagBytes);
      return Buffer.from(answer);
    } catch (error) {
      if (error instanceof NotAuthentic) return undefined;
      throw error;
    }
  }

  async mac(id: KeyId, data: Uint8Array): Promise<Buffer> {
    requireData(data);
    const key = this.#known.get(id) ?? (await this.#learn(id));
    requireUsage(key.description.usages, 'mac');
    const answer = await this.#operate(id, operations.mac, [key.idBytes, data]);
    requireLength(answer, 32);
    return Buffer.from(answer);
  }

  async random(size: number): Promise<Buffer> {
    requireRandomSize(size);
    const answer = await this.#operate('random', operations.random, [uint32(size)]);
    requireLength(answer, size);
    const mixed = this.#options.random.bytes(size);
    for (let index = 0; index < size; index += 1) mixed[index] = (mixed[index] as number) ^ (answer[index] as number);
    return mixed;
  }

  async destroy(id: KeyId): Promise<void> {
    requireKeyId(id);
    this.#known.delete(id);
    const { keyMakingMillis } = this.#options.deadlines;
    await this.#supervisor.request(id, operations.destroy, keyMakingMillis, [Buffer.from(id, 'hex')]);
    this.#known.delete(id);
  }

  health(): KeyHealth {
    return this.#supervisor.health();
  }

  close(): Promise<void> {
    return this.#supervisor.close();
  }

  #operate(subject: string, operation: Operation, parts: readonly Uint8Array[]): Promise<Buffer> {
    return this.#supervisor.request(subject, operation, this.#options.deadlines.operationMillis, parts);
  }

  async #look(id: KeyId): Promise<KnownKey | undefined> {
    requireKeyId(id);
    const answer = await this.#operate(id, operations.describe, [Buffer.from(id, 'hex')]);
    if (answer.length > 0) return this.#remember(id, JSON.parse(answer.toString('utf8')) as KeyFacts);
    this.#known.delete(id);
    return undefined;
  }

  async #learn(id: KeyId): Promise<KnownKey> {
    const key = await this.#look(id);
    if (!key) throw keyMissing(id);
    return key;
  }

  #remember(id: KeyId, facts: KeyFacts): KnownKey {
    const key = knownKey(id, facts, this.#supervisor.token?.tokenSerial ?? '');
    this.#known.set(id, key);
    return key;
  }
}

function requireLength(answer: Buffer, length: number): void {
  if (answer.length === length) return;
  throw new StrongroomError('internal', 'the key store gave an impossible answer', {
    hint: 'look at the health of the token',
    cause: new Error(`${answer.length} bytes instead of ${length}`),
  });
}
