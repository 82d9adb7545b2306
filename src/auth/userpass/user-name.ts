import { canonicalName } from '../../core/index.ts';
import { SecretText, StrongroomError } from '../../lib/index.ts';

const namePattern = /^[\p{L}\p{N}_.@+-]{1,128}$/u;
const maxPasswordBytes = 1_024;

/** The one spelling of a user's name, or undefined for a text that can be nobody's. */
export function readUserName(text: string): string | undefined {
  if (text.length > 256) return undefined;
  const name = canonicalName(text);
  return namePattern.test(name) ? name : undefined;
}

export function requireUserName(text: string): string {
  const name = readUserName(text);
  if (name !== undefined) return name;
  throw new StrongroomError('invalid_field', 'invalid user name', {
    hint: 'letters, digits and _ . @ + -, at most 128',
  });
}

/**
 * A password that can be hashed: not empty, and short enough that hashing stays cheap. Keyboards write the same letters
 * in several ways: the composed one is what counts (RFC 8265 4.2.2).
 */
export function requirePassword(sent: string): SecretText {
  if (!sent.isWellFormed()) {
    throw new StrongroomError('invalid_field', 'the password is no Unicode text', {
      hint: 'it holds half of a surrogate pair',
    });
  }
  const text = sent.normalize('NFC');
  if (text === '') throw new StrongroomError('missing_field', 'missing password', { hint: 'send "password"' });
  if (Buffer.byteLength(text) > maxPasswordBytes) {
    throw new StrongroomError('invalid_field', 'the password is too long', {
      hint: `${maxPasswordBytes} bytes at most`,
    });
  }
  return new SecretText(text);
}
