import type { KeyId } from '../port.ts';
import { idTaken } from '../refusals.ts';
import type { KeyMaterialRecord, KeyMaterialStore } from './material-store.ts';
import { copySecret } from './opened-key.ts';

const copyRecord = (record: KeyMaterialRecord): KeyMaterialRecord => ({
  ...record,
  material: copySecret(record.material),
});

/** Software keys in memory alone: gone with the process. For development servers and tests. */
export class MemoryMaterialStore implements KeyMaterialStore {
  readonly #records = new Map<KeyId, KeyMaterialRecord>();

  read(id: KeyId): KeyMaterialRecord | undefined {
    const record = this.#records.get(id);
    return record && copyRecord(record);
  }

  write(id: KeyId, record: KeyMaterialRecord): void {
    if (this.#records.has(id)) throw idTaken(id);
    this.#records.set(id, copyRecord(record));
  }

  remove(id: KeyId): void {
    this.#records.get(id)?.material.wipe();
    this.#records.delete(id);
  }
}
