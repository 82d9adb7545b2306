import type { Awaitable } from '../../../lib/index.ts';
import type { Cryptoki, Handle, Mechanism } from './cryptoki.ts';

/** The calls that take their time, blocking this process or on its thread pool. */
export interface ModuleCalls {
  readonly mode: 'blocking' | 'threaded';
  /** What comes back is a view that is good until the next call. */
  sign(session: Handle, mechanism: Mechanism, key: Handle, input: Buffer): Awaitable<Buffer>;
  encrypt(session: Handle, mechanism: Mechanism, key: Handle, input: Buffer, outputBytes: number): Awaitable<Buffer>;
  decrypt(session: Handle, mechanism: Mechanism, key: Handle, input: Buffer, outputBytes: number): Awaitable<Buffer>;
}

/**
 * Room for the largest signature (ML-DSA-87 has 4,627 bytes): after CKR_BUFFER_TOO_SMALL an operation stays active, so
 * no call is made with less than enough.
 */
const signatureBytes = 5120;

/** An empty Buffer has no address and modules refuse NULL; a view of no bytes of something has one. */
const emptyInput = Buffer.alloc(8).subarray(0, 0);
const addressable = (input: Buffer): Buffer => (input.length === 0 ? emptyInput : input);

/** For tokens in this machine's memory, where a thread's round trip costs more than the signature. */
export function blockingCalls(cryptoki: Cryptoki): ModuleCalls {
  const output = Buffer.alloc(signatureBytes);
  return {
    mode: 'blocking',
    sign(session, mechanism, key, input) {
      cryptoki.C_SignInit(session, mechanism, key);
      return cryptoki.C_Sign(session, addressable(input), output);
    },
    encrypt(session, mechanism, key, input, outputBytes) {
      cryptoki.C_EncryptInit(session, mechanism, key);
      return cryptoki.C_Encrypt(session, addressable(input), Buffer.alloc(outputBytes));
    },
    decrypt(session, mechanism, key, input, outputBytes) {
      cryptoki.C_DecryptInit(session, mechanism, key);
      return cryptoki.C_Decrypt(session, addressable(input), Buffer.alloc(outputBytes));
    },
  };
}

/**
 * For tokens across a bus or a network. The module works on our buffers from another thread: they are referenced until
 * the promise settles and changed by nobody in between.
 */
export function threadedCalls(cryptoki: Cryptoki): ModuleCalls {
  return {
    mode: 'threaded',
    async sign(session, mechanism, key, input) {
      const [data, output] = [addressable(input), Buffer.alloc(signatureBytes)];
      cryptoki.C_SignInit(session, mechanism, key);
      return keeping([data, output, key], cryptoki.C_SignAsync(session, data, output));
    },
    async encrypt(session, mechanism, key, input, outputBytes) {
      const [data, output] = [addressable(input), Buffer.alloc(outputBytes)];
      cryptoki.C_EncryptInit(session, mechanism, key);
      return keeping([data, output, key], cryptoki.C_EncryptAsync(session, data, output));
    },
    async decrypt(session, mechanism, key, input, outputBytes) {
      const [data, output] = [addressable(input), Buffer.alloc(outputBytes)];
      cryptoki.C_DecryptInit(session, mechanism, key);
      return keeping([data, output, key], cryptoki.C_DecryptAsync(session, data, output));
    },
  };
}

const held = new Set<readonly Buffer[]>();

async function keeping<T>(buffers: readonly Buffer[], call: Promise<T>): Promise<T> {
  held.add(buffers);
  try {
    return await call;
  } finally {
    held.delete(buffers);
  }
}
