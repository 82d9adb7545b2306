const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/**
 * Random base62 text of `length` characters (5.95 bits each) from a source of random bytes.
 * Bytes of 248 and above are thrown away, so every character is equally likely.
 */
export function randomBase62(length: number, randomBytes: (size: number) => Uint8Array): string {
  let text = '';
  while (text.length < length) {
    const bytes = randomBytes(length - text.length + 8);
    for (let index = 0; index < bytes.length && text.length < length; index += 1) {
      const byte = bytes[index] as number;
      if (byte < 248) text += alphabet[byte % 62];
    }
  }
  return text;
}

/** An unsigned 32-bit number as exactly six base62 characters (62^6 > 2^32). */
export function encodeBase62Uint32(value: number): string {
  let rest = value >>> 0;
  let text = '';
  for (let index = 0; index < 6; index += 1) {
    text = alphabet[rest % 62] + text;
    rest = Math.floor(rest / 62);
  }
  return text;
}
