import type { Random } from '../../crypto/index.ts';
import { type KeyHome, type KeyProvider, SoftwareKeyProvider } from '../../keys/index.ts';
import { StrongroomError } from '../../lib/index.ts';
import type { Store } from '../../store/index.ts';
import type { Seal } from '../seal/index.ts';
import { SealedMaterialStore } from './sealed-material-store.ts';

/** Where private keys live on this server: sealed in the store, and in an HSM when one is configured. */
export class KeyHomes {
  readonly #parts: { store: Store; seal: Seal; random: Random };
  readonly #hsm: KeyProvider | undefined;
  #software: SoftwareKeyProvider | undefined;

  constructor(parts: { store: Store; seal: Seal; random: Random }, hsm: KeyProvider | undefined) {
    this.#parts = parts;
    this.#hsm = hsm;
    parts.seal.whenSealed(() => {
      void this.#software?.close();
      this.#software = undefined;
    });
  }

  /** The home for new CA and signing keys: the HSM where there is one. */
  get preferred(): KeyProvider {
    return this.#hsm ?? this.software;
  }

  get hasHsm(): boolean {
    return this.#hsm !== undefined;
  }

  /** Keys kept in the store; made anew after each unsealing, so that sealing leaves none in memory. */
  get software(): KeyProvider {
    this.#software ??= new SoftwareKeyProvider({
      store: new SealedMaterialStore(this.#parts),
      random: this.#parts.random,
    });
    return this.#software;
  }

  /** The provider of a home. A home that is not configured is out of reach; none stands in for another. */
  of(home: KeyHome): KeyProvider {
    if (home === 'software') return this.software;
    if (this.#hsm) return this.#hsm;
    throw new StrongroomError('keys_unavailable', 'the HSM is not configured', {
      hint: 'this key lives in an HSM: add the hsm stanza it was made with',
    });
  }
}
