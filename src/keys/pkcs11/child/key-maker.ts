import pkcs11js from 'pkcs11js';
import type { ImportOrder, KeyFacts, KeyOrder, WrappingKey } from '../protocol.ts';
import { remedyFor } from '../return-values.ts';
import type { Cryptoki, Handle } from './cryptoki.ts';
import { ChildFailure, returnValueOf } from './failure.ts';
import { KeyImport } from './key-import.ts';
import type { KeyObject, KeyObjects } from './key-objects.ts';
import { ed25519Parameters, generationTemplates } from './key-templates.ts';

export interface KeyMakerOptions {
  readonly cryptoki: Cryptoki;
  readonly objects: KeyObjects;
  readonly openSession: (readWrite: boolean) => Handle;
  /** Rejects when the token is gone. */
  readonly probe: () => Promise<void>;
}

const classes = [pkcs11js.CKO_PRIVATE_KEY, pkcs11js.CKO_SECRET_KEY, pkcs11js.CKO_PUBLIC_KEY];

/** Makes, takes in and ends keys. One at a time: they are rare, and two orders for one id must not make twins. */
export class KeyMaker {
  readonly #options: KeyMakerOptions;
  readonly #import: KeyImport;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: KeyMakerOptions) {
    this.#options = options;
    this.#import = new KeyImport(options.cryptoki, () => options.openSession(true));
  }

  generate(order: KeyOrder): Promise<KeyFacts> {
    return this.#inTurn(async () => {
      const existing = await this.#existing(order);
      if (existing) return existing;
      const id = Buffer.from(order.id, 'hex');
      await this.#withSession((session) => this.#generateOn(session, order));
      const made = this.#options.objects.find(id);
      const { attributes } = made?.facts ?? {};
      const kept = attributes?.local && attributes.alwaysSensitive && attributes.neverExtractable;
      if (made && made.unsafe === undefined && kept) return made.facts;
      await this.#destroy(id);
      throw new ChildFailure('key_unsafe', made?.unsafe ?? 'the token did not keep the new key inside from the start');
    });
  }

  /** Not in turn: whoever wants to use a key does not wait for another being made. */
  async describe(id: Buffer): Promise<KeyFacts | undefined> {
    return (await this.#look(id))?.facts;
  }

  destroy(id: Buffer): Promise<void> {
    return this.#inTurn(async () => {
      await this.#options.probe();
      await this.#destroy(id);
    });
  }

  beginImport(): Promise<WrappingKey> {
    return this.#inTurn(() => this.#import.begin());
  }

  finishImport(order: ImportOrder): Promise<KeyFacts> {
    return this.#inTurn(async () => {
      const id = Buffer.from(order.id, 'hex');
      try {
        if (await this.#existing(order)) throw new ChildFailure('id_taken', 'a key of that id exists');
        await this.#bringIn(order, id);
      } finally {
        this.#import.abandon();
      }
      const taken = this.#options.objects.find(id);
      if (taken && taken.unsafe === undefined) return taken.facts;
      await this.#destroy(id);
      throw new ChildFailure('key_unsafe', taken?.unsafe ?? 'the token did not keep the key');
    });
  }

  /** Leaves no half of a key behind. */
  async #bringIn(order: ImportOrder, id: Buffer): Promise<void> {
    try {
      await this.#import.finish(order);
    } catch (error) {
      await this.#options.probe();
      await this.#destroy(id);
      throw error;
    }
  }

  /** The key of an order made before, as far as it is the same; what is left of a half-made one is cleared away. */
  async #existing(order: KeyOrder): Promise<KeyFacts | undefined> {
    const id = Buffer.from(order.id, 'hex');
    const existing = await this.#look(id);
    if (!existing) {
      await this.#destroy(id);
      return undefined;
    }
    if (existing.facts.algorithm !== order.algorithm) throw new ChildFailure('id_taken', 'the id is another key');
    if (existing.unsafe !== undefined) throw new ChildFailure('key_unsafe', existing.unsafe);
    return existing.facts;
  }

  /** Reads anew what the token has; that it has nothing is believed only of a token that signs. */
  async #look(id: Buffer): Promise<KeyObject | undefined> {
    this.#options.objects.forget(id);
    const found = this.#options.objects.find(id);
    if (!found) await this.#options.probe();
    return found;
  }

  async #generateOn(session: Handle, order: KeyOrder): Promise<void> {
    const spellings = order.algorithm === 'ed25519' ? ed25519Parameters : [ed25519Parameters[0]];
    for (const spelling of spellings) {
      try {
        await generateThreaded(this.#options.cryptoki, session, order, spelling);
        return;
      } catch (error) {
        const remedy = remedyFor(returnValueOf(error));
        const other = spelling !== spellings.at(-1) && (remedy === 'refused' || remedy === 'unsupported');
        if (!other) throw error;
      }
    }
  }

  async #destroy(id: Buffer): Promise<void> {
    const { cryptoki, objects } = this.#options;
    objects.forget(id);
    const all = (): Handle[] => classes.flatMap((objectClass) => objects.handles(id, objectClass));
    if (all().length === 0) return;
    await this.#withSession((session) => {
      for (const handle of all()) cryptoki.C_DestroyObject(session, handle);
    });
    objects.forget(id);
    if (all().length > 0) throw new ChildFailure('internal', 'the token still shows the key after destroying it');
  }

  /** A read-write session for this one thing: the pool's may be read-only, and key making may take a minute. */
  async #withSession<T>(work: (session: Handle) => T | Promise<T>): Promise<T> {
    const session = this.#options.openSession(true);
    try {
      return await work(session);
    } finally {
      closeQuietly(this.#options.cryptoki, session);
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work, work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}

export function closeQuietly(cryptoki: Cryptoki, session: Handle): void {
  try {
    cryptoki.C_CloseSession(session);
  } catch {
    // A session that cannot be closed is gone already.
  }
}

/** On a thread always: making an RSA-4096 key takes seconds, and signing goes on meanwhile. */
async function generateThreaded(cryptoki: Cryptoki, session: Handle, order: KeyOrder, spelling: string): Promise<void> {
  const { mechanism, publicKey, privateKey } = generationTemplates({ ...order, onToken: true }, spelling);
  if (publicKey) await cryptoki.C_GenerateKeyPairAsync(session, mechanism, publicKey, privateKey);
  else await cryptoki.C_GenerateKeyAsync(session, mechanism, privateKey);
}
