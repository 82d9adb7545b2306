import pkcs11js from 'pkcs11js';
import type { Awaitable } from '../../../lib/index.ts';
import { splitPair } from '../frames.ts';
import { type ImportOrder, type KeyOrder, operations, type StartAnswer, type StartRequest } from '../protocol.ts';
import { findAlgorithms, findImport } from './capabilities.ts';
import { type Cryptoki, type Handle, loadModule } from './cryptoki.ts';
import { ChildFailure } from './failure.ts';
import { judgeError } from './judge-error.ts';
import { closeQuietly, KeyMaker } from './key-maker.ts';
import { KeyObjects } from './key-objects.ts';
import { KeyOperations } from './key-operations.ts';
import { blockingCalls, threadedCalls } from './module-calls.ts';
import { Probe } from './probe.ts';
import { SessionPool } from './session-pool.ts';
import { chooseToken, logIn, type Token } from './token.ts';

/** A signature quicker than this is made on the spot: a thread's round trip would cost more. */
const blockingBelowMillis = 0.3;
const maximumPoolSessions = 16;
const idleSessionMillis = 60_000;
const keyIdBytes = 20;
const nonceBytes = 12;
const empty = Buffer.alloc(8).subarray(0, 0);

/** The token, opened and logged in, ready to answer requests. */
export class TokenService {
  readonly answer: StartAnswer;
  readonly #cryptoki: Cryptoki;
  readonly #pool: SessionPool;
  readonly #operations: KeyOperations;
  readonly #maker: KeyMaker;
  readonly #probe: () => Promise<void>;
  readonly #randomSession: Handle;

  private constructor(cryptoki: Cryptoki, token: Token, request: StartRequest, probe: Probe) {
    const nowMillis = (): number => performance.now();
    const openSession = (readWrite: boolean): Handle =>
      cryptoki.C_OpenSession(token.slot, pkcs11js.CKF_SERIAL_SESSION | (readWrite ? pkcs11js.CKF_RW_SESSION : 0));
    const probeMillis = probe.measure(nowMillis);
    const blocking = request.calls === 'blocking' || (request.calls === 'auto' && probeMillis < blockingBelowMillis);
    const calls = blocking ? blockingCalls(cryptoki) : threadedCalls(cryptoki);
    const limit = poolLimit(request.sessions, token.maximumSessions);
    const readWrite = request.readWriteSessions;
    this.#cryptoki = cryptoki;
    this.#pool = new SessionPool({ cryptoki, slot: token.slot, limit, readWrite, nowMillis });
    this.#probe = () => probe.run(calls);
    const objects = new KeyObjects(cryptoki, () => openSession(false));
    this.#operations = new KeyOperations({ objects, pool: this.#pool, calls, probe: this.#probe });
    this.#maker = new KeyMaker({ cryptoki, objects, openSession, probe: this.#probe });
    this.#randomSession = openSession(false);
    const trials = openSession(true);
    this.answer = {
      tokenLabel: token.label,
      tokenSerial: token.serial,
      manufacturer: token.manufacturer,
      model: token.model,
      sessions: limit,
      calls: calls.mode,
      probeMillis,
      algorithms: findAlgorithms(cryptoki, token.slot, trials),
      canImport: findImport(cryptoki, token.slot),
    };
    closeQuietly(cryptoki, trials);
  }

  /** Loads the module, finds the token and logs in with one try of the PIN, which is wiped. */
  static open(request: StartRequest, pin: Buffer): TokenService {
    try {
      const cryptoki = loadModule(request.modulePath, request.libraryParameters);
      const token = chooseToken(cryptoki, request);
      logIn(cryptoki, token, pin);
      return new TokenService(cryptoki, token, request, Probe.open(cryptoki, token.slot));
    } finally {
      pin.fill(0);
    }
  }

  /** The answer's payload. Rejects or throws with `ChildFailure` alone. */
  handle(code: number, payload: Buffer): Awaitable<Buffer> {
    switch (code) {
      case operations.sign:
        return this.#operations.sign(keyId(payload), payload[keyIdBytes] ?? 255, payload.subarray(keyIdBytes + 1));
      case operations.mac:
        return this.#operations.mac(keyId(payload), payload.subarray(keyIdBytes));
      case operations.encrypt:
      case operations.decrypt:
        return this.#handleMessage(code, payload);
      default:
        return this.#handleRare(code, payload).catch(async (error) => {
          throw await judgeError(error, this.#probe);
        });
    }
  }

  #handleMessage(code: number, payload: Buffer): Awaitable<Buffer> {
    const nonce = payload.subarray(keyIdBytes, keyIdBytes + nonceBytes);
    const [associatedData, message] = splitPair(payload.subarray(keyIdBytes + nonceBytes));
    if (code === operations.encrypt) return this.#operations.encrypt(keyId(payload), nonce, associatedData, message);
    return this.#operations.decrypt(keyId(payload), nonce, associatedData, message);
  }

  async #handleRare(code: number, payload: Buffer): Promise<Buffer> {
    switch (code) {
      case operations.random:
        return this.#cryptoki.C_GenerateRandom(this.#randomSession, Buffer.alloc(payload.readUInt32BE(0)));
      case operations.probe:
        this.#pool.closeIdle(idleSessionMillis);
        await this.#probe();
        return empty;
      case operations.generate:
        return toJson(await this.#maker.generate(fromJson<KeyOrder>(payload)));
      case operations.describe: {
        const facts = await this.#maker.describe(keyId(payload));
        return facts ? toJson(facts) : empty;
      }
      case operations.destroy:
        await this.#maker.destroy(keyId(payload));
        return empty;
      case operations.beginImport:
        return toJson(await this.#maker.beginImport());
      case operations.finishImport:
        return toJson(await this.#maker.finishImport(fromJson<ImportOrder>(payload)));
      default:
        throw new ChildFailure('internal', 'unknown operation');
    }
  }
}

/** Two sessions of the token's are not the pool's to use: log-in and probe; three more serve finding, random and key making. */
function poolLimit(wanted: number, maximumSessions: number): number {
  const room = maximumSessions === 0 ? maximumPoolSessions : maximumSessions - 5;
  return Math.max(1, Math.min(wanted, room, maximumPoolSessions));
}

function keyId(payload: Buffer): Buffer {
  return payload.subarray(0, keyIdBytes);
}

const toJson = (value: unknown): Buffer => Buffer.from(JSON.stringify(value), 'utf8');
const fromJson = <T>(payload: Buffer): T => JSON.parse(payload.toString('utf8')) as T;
