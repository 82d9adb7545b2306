import { AeadKey, newUuid, type Random } from '../../crypto/index.ts';
import { type Clock, SecretBytes, StrongroomError } from '../../lib/index.ts';
import { type Change, isGuardFailure, type Row, type Store } from '../../store/index.ts';
import { addTerm, createKeyring, decodeKeyring, encodeKeyring, type Keyring } from './keyring.ts';
import {
  joinKey,
  readShare,
  requireShareCounts,
  type ShareCounts,
  splitKey,
  unwrapUnderShares,
  wrapUnderShares,
} from './root-key-wrap.ts';
import { encodeSealConfig, readSealConfig, type SealConfig, sealKey, shareCounts } from './seal-config.ts';
import { Sealer } from './sealer.ts';

/** The key in an HSM that wraps the root key. */
export interface RootKeyHsm {
  /** Makes the wrapping key inside the HSM and answers its id. */
  createKey(): Promise<string>;
  wrap(keyId: string, rootKey: SecretBytes, context: string): Promise<Buffer>;
  unwrap(keyId: string, wrapped: Buffer, context: string): Promise<SecretBytes>;
}

export interface SealParts {
  readonly store: Store;
  readonly random: Random;
  readonly clock: Clock;
  /** Present when the server is configured with a PKCS#11 seal. */
  readonly hsm?: RootKeyHsm;
  readonly clusterName: string;
}

export interface SealStatus {
  readonly type: 'shamir' | 'pkcs11';
  readonly initialized: boolean;
  readonly sealed: boolean;
  readonly threshold: number;
  readonly shares: number;
  readonly progress: number;
  readonly nonce: string;
  readonly recoverySeal: boolean;
  readonly clusterId?: string;
  readonly clusterName?: string;
}

export interface Initialized {
  /** Key shares of a Shamir seal, recovery shares of an HSM seal; shown this once. */
  readonly shares: readonly SecretBytes[];
  readonly recovery: boolean;
}

interface Unsealed {
  readonly sealer: Sealer;
  readonly rootKey: SecretBytes;
  readonly config: SealConfig;
  readonly keyringRow: Row<'seal'>;
}

/**
 * Whether the server can read its own store. Root key → keyring → everything. Sealed, there is no key in memory and
 * every part that asks for the sealer gets `sealed`.
 */
export class Seal {
  readonly #parts: SealParts;
  #unsealed: Unsealed | undefined;
  #progress: SecretBytes[] = [];
  #nonce = '';
  #initialized = false;
  #busy: Promise<unknown> = Promise.resolve();
  #staysSealed = false;
  readonly #onSeal: (() => void)[] = [];

  constructor(parts: SealParts) {
    this.#parts = parts;
  }

  /** The sealer, or `sealed`. */
  get sealer(): Sealer {
    if (!this.#unsealed) throw sealedError();
    return this.#unsealed.sealer;
  }

  get isSealed(): boolean {
    return this.#unsealed === undefined;
  }

  /** Somebody sealed it on purpose: its HSM does not open it again before a restart. */
  get staysSealed(): boolean {
    return this.#staysSealed;
  }

  get clusterId(): string | undefined {
    return this.#unsealed?.config.clusterId;
  }

  /** Calls back whenever the keys have left memory. */
  whenSealed(forget: () => void): void {
    this.#onSeal.push(forget);
  }

  async status(): Promise<SealStatus> {
    const stored = this.#unsealed ? { config: this.#unsealed.config } : await readSealConfig(this.#parts.store);
    this.#initialized = stored !== undefined;
    const type = stored?.config.type ?? (this.#parts.hsm ? 'pkcs11' : 'shamir');
    return {
      type,
      initialized: this.#initialized,
      sealed: this.isSealed,
      threshold: stored?.config.threshold ?? 0,
      shares: stored?.config.shares ?? 0,
      progress: this.#progress.length,
      nonce: this.#nonce,
      recoverySeal: type === 'pkcs11',
      ...(this.#unsealed && {
        clusterId: this.#unsealed.config.clusterId,
        clusterName: this.#unsealed.config.clusterName,
      }),
    };
  }

  /** Runs ceremonies one after the other: two at once would count shares twice. */
  #alone<T>(ceremony: () => Promise<T>): Promise<T> {
    const next = this.#busy.then(ceremony, ceremony);
    this.#busy = next.catch(() => {});
    return next;
  }

  /**
   * Makes the root key and the keyring, stores them with whatever `bootstrap` adds, all in one commit, and leaves the
   * server unsealed. Fails with `already_initialized` the second time, also when two callers race.
   */
  initialize(counts: ShareCounts, bootstrap: (sealer: Sealer) => Promise<readonly Change[]>): Promise<Initialized> {
    return this.#alone(async () => {
      if (await readSealConfig(this.#parts.store)) throw alreadyInitialized();
      requireShareCounts(counts);
      const { random, clock, store } = this.#parts;
      const rootKey = new SecretBytes(random.bytes(32));
      const shareKey = new SecretBytes(random.bytes(32));
      const config = await this.#wrapRootKey(rootKey, shareKey, counts);
      const sealer = new Sealer(createKeyring(random, clock.nowMillis()), random);
      const keyringRow = this.#sealKeyring(sealer.keyring, rootKey, config, 1);
      const configRow = { ...sealKey('config'), version: 1, sealed: encodeSealConfig(config) };
      // What the bootstrap writes is sealed under the new keys, so they are in force while it runs.
      this.#unsealed = { sealer, rootKey, config, keyringRow };
      try {
        await store.commit([
          { kind: 'insert', table: 'seal', row: configRow },
          { kind: 'insert', table: 'seal', row: keyringRow },
          ...(await bootstrap(sealer)),
        ]);
      } catch (error) {
        this.#forgetKeys();
        if (isGuardFailure(error)) throw alreadyInitialized();
        throw error;
      }
      const shares = splitKey(shareKey, counts, random);
      shareKey.wipe();
      return { shares, recovery: this.#parts.hsm !== undefined };
    });
  }

  async #wrapRootKey(rootKey: SecretBytes, shareKey: SecretBytes, counts: ShareCounts): Promise<SealConfig> {
    const { random, clock, hsm, clusterName } = this.#parts;
    const clusterId = newUuid(random);
    const base = {
      ...counts,
      clusterId,
      clusterName,
      initializedMillis: clock.nowMillis(),
    };
    if (!hsm) {
      const wrapped = wrapUnderShares(rootKey, shareKey, wrapContext(clusterId), random);
      return { type: 'shamir', ...base, wrappedRootKey: wrapped.toString('base64') };
    }
    const hsmKeyId = await hsm.createKey();
    const wrapped = await hsm.wrap(hsmKeyId, rootKey, wrapContext(clusterId));
    return { type: 'pkcs11', ...base, wrappedRootKey: wrapped.toString('base64'), hsmKeyId };
  }

  /**
   * Takes one key share of a Shamir seal. The same share twice counts once. With the last share needed the server
   * unseals; a wrong combination is refused and the count starts again.
   */
  submitShare(text: string): Promise<void> {
    return this.#alone(async () => {
      if (!this.isSealed) return;
      const stored = await readSealConfig(this.#parts.store);
      if (!stored) throw notInitialized();
      if (stored.config.type !== 'shamir') {
        throw new StrongroomError('invalid_request', 'this server unseals with its HSM, not with key shares', {
          hint: this.#staysSealed
            ? sealedOnPurpose
            : 'check that the HSM is reachable; the server tries again by itself',
        });
      }
      const share = readShare(text);
      if (this.#progress.some((known) => known.insecureBytes().equals(share.insecureBytes()))) return;
      if (this.#progress.length === 0) this.#nonce = newUuid(this.#parts.random);
      this.#progress.push(share);
      if (this.#progress.length < stored.config.threshold) return;
      const parts = this.#progress;
      this.#clearProgress();
      const shareKey = joinKey(parts, shareCounts(stored.config));
      const wrapped = Buffer.from(stored.config.wrappedRootKey, 'base64');
      const context = wrapContext(stored.config.clusterId);
      const rootKey = shareKey && unwrapUnderShares(wrapped, shareKey, context, this.#parts.random);
      for (const part of parts) part.wipe();
      shareKey?.wipe();
      if (!rootKey) {
        throw new StrongroomError('invalid_request', 'unseal failed, invalid key', {
          hint: 'at least one of the shares was wrong; start again with the first share',
        });
      }
      this.#openKeyring(rootKey, stored);
    });
  }

  /** Throws away the shares given so far. */
  async resetProgress(): Promise<void> {
    if (!this.isSealed)
      throw new StrongroomError('invalid_request', 'vault is unsealed', {
        hint: 'there is no unsealing to start again',
      });
    this.#clearProgress();
  }

  #clearProgress(): void {
    this.#progress = [];
    this.#nonce = '';
  }

  /** Unseals with the HSM. Answers false before initialisation; rejects when the HSM is out of reach. */
  unsealWithHsm(): Promise<boolean> {
    return this.#alone(async () => {
      if (!this.isSealed) return true;
      const stored = await readSealConfig(this.#parts.store);
      if (!stored) return false;
      const { hsm } = this.#parts;
      if (stored.config.type !== 'pkcs11' || !hsm || !stored.config.hsmKeyId) {
        throw new StrongroomError('sealed', `the store was initialised with a ${stored.config.type} seal`, {
          hint: 'use the seal stanza the server was initialised with',
        });
      }
      const wrapped = Buffer.from(stored.config.wrappedRootKey, 'base64');
      const rootKey = await hsm.unwrap(stored.config.hsmKeyId, wrapped, wrapContext(stored.config.clusterId));
      this.#openKeyring(rootKey, stored);
      return true;
    });
  }

  #openKeyring(rootKey: SecretBytes, stored: { config: SealConfig; keyringRow: Row<'seal'> }): void {
    const { config, keyringRow } = stored;
    const key = new AeadKey(rootKey, this.#parts.random);
    const bytes = key.open(keyringRow.sealed, Buffer.from(keyringContext(config, keyringRow.version), 'utf8'));
    if (!bytes) {
      throw new StrongroomError('row_unreadable', 'the stored keyring is damaged', {
        hint: 'restore the data folder from a backup',
      });
    }
    const sealer = new Sealer(decodeKeyring(bytes), this.#parts.random);
    bytes.fill(0);
    this.#unsealed = { sealer, rootKey, config, keyringRow };
  }

  #sealKeyring(keyring: Keyring, rootKey: SecretBytes, config: SealConfig, version: number): Row<'seal'> {
    const bytes = encodeKeyring(keyring);
    const key = new AeadKey(rootKey, this.#parts.random);
    const sealed = key.seal(bytes, Buffer.from(keyringContext(config, version), 'utf8'));
    bytes.fill(0);
    return { ...sealKey('keyring'), version, sealed };
  }

  /** Adds a sealing key that new rows use from now on; old rows keep opening. Answers the new term. */
  rotate(): Promise<number> {
    return this.#alone(async () => {
      const unsealed = await this.#currentKeyring();
      const { random, clock, store } = this.#parts;
      const keyring = addTerm(unsealed.sealer.keyring, random, clock.nowMillis());
      const keyringRow = this.#sealKeyring(keyring, unsealed.rootKey, unsealed.config, unsealed.keyringRow.version + 1);
      await store.commit([{ kind: 'update', table: 'seal', row: keyringRow, ifVersion: unsealed.keyringRow.version }]);
      this.#unsealed = { ...unsealed, sealer: new Sealer(keyring, random), keyringRow };
      return this.#unsealed.sealer.term;
    });
  }

  /** As it is stored: a rotation may have been written though the store reported that it was not. */
  async #currentKeyring(): Promise<Unsealed> {
    const stored = await readSealConfig(this.#parts.store);
    const unsealed = this.#unsealed;
    if (!unsealed || !stored) throw sealedError();
    if (stored.keyringRow.version !== unsealed.keyringRow.version) this.#openKeyring(unsealed.rootKey, stored);
    return this.#unsealed ?? unsealed;
  }

  /** Takes every key out of memory. `onPurpose`: and an HSM does not bring them back by itself. */
  seal(options: { readonly onPurpose: boolean } = { onPurpose: false }): Promise<void> {
    return this.#alone(async () => {
      this.#staysSealed ||= options.onPurpose && this.#unsealed?.config.type === 'pkcs11';
      this.#forgetKeys();
    });
  }

  #forgetKeys(): void {
    this.#unsealed?.rootKey.wipe();
    this.#unsealed?.sealer.forget();
    this.#unsealed = undefined;
    this.#clearProgress();
    for (const forget of this.#onSeal) forget();
  }
}

const wrapContext = (clusterId: string): string => `strongroom root key ${clusterId}`;

/** Binds the whole configuration, so that a changed share count or cluster id does not open. */
const keyringContext = (config: SealConfig, version: number): string =>
  `strongroom keyring ${version} ${encodeSealConfig(config).toString('utf8')}`;

const sealedOnPurpose = 'it was sealed on purpose: restart the server, and it unseals itself';

/** `staysSealed`: no share and no HSM opens it before a restart. */
export function sealedError(staysSealed = false): StrongroomError {
  return new StrongroomError('sealed', 'Vault is sealed', {
    hint: staysSealed ? sealedOnPurpose : 'unseal it: strongroom operator unseal, or check the HSM it unseals with',
  });
}

const alreadyInitialized = (): StrongroomError =>
  new StrongroomError('already_initialized', 'Vault is already initialized', {
    hint: 'initialisation happens once in the life of a store',
  });

const notInitialized = (): StrongroomError =>
  new StrongroomError('not_initialized', 'Vault is not initialized', {
    hint: 'initialise it first: strongroom operator init',
  });
