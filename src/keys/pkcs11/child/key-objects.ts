import pkcs11js from 'pkcs11js';
import type { KeyFacts } from '../protocol.ts';
import { remedyFor } from '../return-values.ts';
import type { Cryptoki, Handle, Template } from './cryptoki.ts';
import { ChildFailure, returnValueOf } from './failure.ts';
import { readKeyFacts } from './key-facts.ts';

/** A key found in the token. Handles are good for this process alone. */
export interface KeyObject {
  readonly handle: Handle;
  readonly publicHandle: Handle | undefined;
  readonly facts: KeyFacts;
  /** Why the key must not be used, if there is a reason. */
  readonly unsafe: string | undefined;
}

const cacheLimit = 10_000;

/** Finding costs more than signing, so handles are remembered. Keys are addressed by CKA_ID and class, never by label. */
export class KeyObjects {
  readonly #cryptoki: Cryptoki;
  readonly #openSession: () => Handle;
  readonly #found = new Map<string, KeyObject>();
  #session: Handle | undefined;

  constructor(cryptoki: Cryptoki, openSession: () => Handle) {
    this.#cryptoki = cryptoki;
    this.#openSession = openSession;
  }

  /** The key of that id (20 bytes), or undefined when the token shows none. */
  find(id: Buffer): KeyObject | undefined {
    const cacheKey = id.toString('latin1');
    const known = this.#found.get(cacheKey);
    if (known) return known;
    const found = this.#withSession((session) => this.#search(session, id));
    if (!found) return undefined;
    if (this.#found.size >= cacheLimit) this.#found.clear();
    this.#found.set(cacheKey, found);
    return found;
  }

  forget(id: Buffer): void {
    this.#found.delete(id.toString('latin1'));
  }

  /** Every object of that id and class; more than one is for the caller to refuse. */
  handles(id: Buffer, objectClass: number): Handle[] {
    return this.#withSession((session) => this.#handles(session, id, objectClass));
  }

  #search(session: Handle, id: Buffer): KeyObject | undefined {
    const privateKeys = this.#handles(session, id, pkcs11js.CKO_PRIVATE_KEY);
    const secretKeys = this.#handles(session, id, pkcs11js.CKO_SECRET_KEY);
    const [handle, second] = [...privateKeys, ...secretKeys];
    if (handle === undefined) return undefined;
    if (second !== undefined) throw new ChildFailure('internal', 'the token holds two keys of one id');
    const publicKeys = privateKeys.length === 1 ? this.#handles(session, id, pkcs11js.CKO_PUBLIC_KEY) : [];
    if (publicKeys.length > 1) throw new ChildFailure('internal', 'the token holds two public keys of one id');
    return { handle, publicHandle: publicKeys[0], ...readKeyFacts(this.#cryptoki, session, handle, publicKeys[0]) };
  }

  #handles(session: Handle, id: Buffer, objectClass: number): Handle[] {
    const template: Template = [
      { type: pkcs11js.CKA_CLASS, value: objectClass },
      { type: pkcs11js.CKA_ID, value: id },
    ];
    this.#cryptoki.C_FindObjectsInit(session, template);
    try {
      return this.#cryptoki.C_FindObjects(session, 3);
    } finally {
      this.#cryptoki.C_FindObjectsFinal(session);
    }
  }

  /** Searching never waits, so one session serves; a dead one is replaced once. */
  #withSession<T>(work: (session: Handle) => T): T {
    this.#session ??= this.#openSession();
    try {
      return work(this.#session);
    } catch (error) {
      if (remedyFor(returnValueOf(error)) !== 'new_session') throw error;
      this.#session = this.#openSession();
      return work(this.#session);
    }
  }
}
