import { StrongroomError } from '../../lib/index.ts';

/** Bytes from outside that are not DER, or not of the expected structure. `detail` is fixed text, never the bytes. */
export function refuseDer(detail: string): never {
  throw new StrongroomError('invalid_field', `malformed DER: ${detail}`, {
    hint: 'send the document whole, as PEM or as base64 of its DER',
  });
}
