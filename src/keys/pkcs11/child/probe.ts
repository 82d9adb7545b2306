import pkcs11js from 'pkcs11js';
import type { Cryptoki, Handle } from './cryptoki.ts';
import { ChildFailure, describeError, returnValueOf } from './failure.ts';
import { generationTemplates } from './key-templates.ts';
import type { ModuleCalls } from './module-calls.ts';

/** CKA_ID of the probe key, the same for every server on the token: 20 bytes of ASCII. */
const probeId = Buffer.from('strongroom-probe-key', 'latin1');
const probeLabel = 'strongroom probe';
const mechanism = { mechanism: pkcs11js.CKM_ECDSA };
const digest = Buffer.alloc(32, 0x5a);

/**
 * Tells whether the token lives, by a real signature with a small key of its own. Nothing less will do: session info
 * stays fine, and keys that live in the session go on signing, when the token has gone.
 */
export class Probe {
  readonly #cryptoki: Cryptoki;
  readonly #session: Handle;
  readonly #key: Handle;
  #running: Promise<void> | undefined;

  private constructor(cryptoki: Cryptoki, session: Handle, key: Handle) {
    this.#cryptoki = cryptoki;
    this.#session = session;
    this.#key = key;
  }

  /** Finds the probe key, or makes it at the first start on this token. */
  static open(cryptoki: Cryptoki, slot: Handle): Probe {
    const session = cryptoki.C_OpenSession(slot, pkcs11js.CKF_SERIAL_SESSION | pkcs11js.CKF_RW_SESSION);
    try {
      return new Probe(cryptoki, session, findProbeKey(cryptoki, session) ?? makeProbeKey(cryptoki, session));
    } catch (error) {
      throw new ChildFailure('unavailable', `no probe key: ${describeError(error)}`, returnValueOf(error));
    }
  }

  /** Median of a few signatures, in milliseconds: what decides between blocking and threaded calls. */
  measure(nowMillis: () => number): number {
    const times: number[] = [];
    for (let round = 0; round < 9; round += 1) {
      const start = nowMillis();
      this.#signBlocking();
      times.push(nowMillis() - start);
    }
    return times.sort((left, right) => left - right)[4] as number;
  }

  /** Rejects with `unavailable` when the token does not sign. Probes asked for meanwhile share one. */
  run(calls: ModuleCalls): Promise<void> {
    this.#running ??= this.#sign(calls).finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #sign(calls: ModuleCalls): Promise<void> {
    try {
      await calls.sign(this.#session, mechanism, this.#key, digest);
    } catch (error) {
      throw new ChildFailure('unavailable', `the token does not sign: ${describeError(error)}`, returnValueOf(error));
    }
  }

  #signBlocking(): void {
    this.#cryptoki.C_SignInit(this.#session, mechanism, this.#key);
    this.#cryptoki.C_Sign(this.#session, digest, Buffer.alloc(256));
  }
}

function findProbeKey(cryptoki: Cryptoki, session: Handle): Handle | undefined {
  cryptoki.C_FindObjectsInit(session, [
    { type: pkcs11js.CKA_CLASS, value: pkcs11js.CKO_PRIVATE_KEY },
    { type: pkcs11js.CKA_ID, value: probeId },
  ]);
  try {
    // Two servers that met a new token at once may have made one each; any will do.
    return cryptoki.C_FindObjects(session, 1)[0];
  } finally {
    cryptoki.C_FindObjectsFinal(session);
  }
}

function makeProbeKey(cryptoki: Cryptoki, session: Handle): Handle {
  const id = probeId.toString('hex');
  const templates = generationTemplates({
    algorithm: 'ec-p256',
    label: probeLabel,
    usages: ['sign'],
    id,
    onToken: true,
  });
  const { mechanism: generate, publicKey, privateKey } = templates;
  return cryptoki.C_GenerateKeyPair(session, generate, publicKey ?? [], privateKey).privateKey;
}
