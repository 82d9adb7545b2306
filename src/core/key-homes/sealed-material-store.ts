import type { KeyId, KeyMaterialRecord, KeyMaterialStore } from '../../keys/index.ts';
import { SecretBytes, StrongroomError } from '../../lib/index.ts';
import { isGuardFailure, type Store } from '../../store/index.ts';
import { systemMount } from '../mounts/index.ts';
import { RecordCollection } from '../records/index.ts';
import type { Seal } from '../seal/index.ts';

interface SealedMaterial {
  readonly algorithm: KeyMaterialRecord['algorithm'];
  readonly label: string;
  readonly usages: KeyMaterialRecord['usages'];
  readonly local: boolean;
  readonly publicKey: string | null;
  readonly material: string;
}

/** Software keys in the store, sealed like every other row. */
export class SealedMaterialStore implements KeyMaterialStore {
  readonly #store: Store;
  readonly #seal: Seal;

  constructor(parts: { store: Store; seal: Seal }) {
    this.#store = parts.store;
    this.#seal = parts.seal;
  }

  /** A new view each time: opened rows of private keys are not remembered. */
  #records(): RecordCollection<SealedMaterial> {
    return new RecordCollection({ store: this.#store, seal: this.#seal, remember: false }, 'software-keys');
  }

  async read(id: KeyId): Promise<KeyMaterialRecord | undefined> {
    const record = await this.#records().read(systemMount, id);
    if (!record) return undefined;
    const { algorithm, label, usages, local, publicKey, material } = record.body;
    return {
      algorithm,
      label,
      usages,
      local,
      ...(publicKey !== null && { publicKeyDer: Buffer.from(publicKey, 'base64') }),
      material: new SecretBytes(Buffer.from(material, 'base64')),
    };
  }

  async write(id: KeyId, record: KeyMaterialRecord): Promise<void> {
    const body: SealedMaterial = {
      algorithm: record.algorithm,
      label: record.label,
      usages: record.usages,
      local: record.local,
      publicKey: record.publicKeyDer?.toString('base64') ?? null,
      material: record.material.insecureBytes().toString('base64'),
    };
    try {
      await this.#store.commit([this.#records().insert(systemMount, id, body)]);
    } catch (error) {
      if (isGuardFailure(error))
        throw new StrongroomError('conflict', 'a key of this id exists already', { hint: 'give it another id' });
      throw error;
    }
  }

  async remove(id: KeyId): Promise<void> {
    await this.#store.commit([this.#records().remove(systemMount, id)]);
  }
}
