import { StrongroomError } from '../lib/index.ts';

/** The home of the keys cannot be reached now; whoever asks again later may succeed. */
export function keysUnavailable(detail: string, retryAfterSeconds = 1, cause?: unknown): StrongroomError {
  return new StrongroomError('keys_unavailable', 'the key store is not available', {
    hint: 'signing and decrypting wait for the key store; try again, and look at its health if it lasts',
    retryAfterSeconds,
    cause: new Error(detail, cause === undefined ? undefined : { cause }),
  });
}

/** A key that records point to is not in its home: somebody destroyed it, or the wrong token is attached. */
export function keyMissing(id: string): StrongroomError {
  return new StrongroomError('internal', 'the key is missing from its key store', {
    hint: 'restore the token or the record that held this key, or rotate to a new one',
    cause: new Error(`no key with id ${id}`),
  });
}

/** A key that could be read out, or could take others out, is not used. */
export function keyUnsafe(id: string, why: string): StrongroomError {
  return new StrongroomError('internal', 'the key is not protected as it has to be', {
    hint: 'keys must be sensitive, not extractable, and must not both wrap and decrypt; replace the key',
    cause: new Error(`key ${id}: ${why}`),
  });
}

export function idTaken(id: string): StrongroomError {
  return new StrongroomError('conflict', 'the key id belongs to another key', {
    hint: 'choose a new id',
    cause: new Error(`key ${id} exists with another algorithm or value`),
  });
}

export function invalidKeyField(message: string, hint: string): StrongroomError {
  return new StrongroomError('invalid_field', message, { hint });
}

export function unsupportedByHome(what: string, cause?: unknown): StrongroomError {
  return new StrongroomError('unsupported_operation', `${what} is not supported by this key store`, {
    hint: 'choose another algorithm; the capabilities of the key store are part of its health',
    cause,
  });
}
