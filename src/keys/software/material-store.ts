import type { Awaitable, SecretBytes } from '../../lib/index.ts';
import type { KeyAlgorithm, KeyId, KeyUsage } from '../port.ts';

/** A software key as its keeper stores it. The keeper seals `material`; the rest holds no secret. */
export interface KeyMaterialRecord {
  readonly algorithm: KeyAlgorithm;
  readonly label: string;
  readonly usages: readonly KeyUsage[];
  /** Made here, not imported. */
  readonly local: boolean;
  readonly publicKeyDer?: Buffer;
  /** PKCS#8 DER of key pairs, the bytes of secret keys. */
  readonly material: SecretBytes;
}

/** Where software keys are kept, given by whoever starts the provider. Answers are copies: they are wiped after use. */
export interface KeyMaterialStore {
  read(id: KeyId): Awaitable<KeyMaterialRecord | undefined>;
  /** Adds a copy of the record, durable before it answers. Never replaces: rejects with `conflict` when the id is taken. */
  write(id: KeyId, record: KeyMaterialRecord): Awaitable<void>;
  /** Removes a record; one that is not there is no error. */
  remove(id: KeyId): Awaitable<void>;
}
