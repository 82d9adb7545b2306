import type { Random } from '../../crypto/index.ts';
import { StrongroomError } from '../../lib/index.ts';

/** RFC 5280 4.1.2.2: at most 20 content octets. */
export const serialBytes = 20;

/**
 * A new serial number: 20 random bytes, top bit clear (positive), next bit set (always 20 bytes), 158 random bits.
 * The caller keeps it unique per issuer by its index.
 */
export function newSerial(random: Random): Buffer {
  const serial = random.bytes(serialBytes);
  serial[0] = ((serial[0] as number) & 0x7f) | 0x40;
  return serial;
}

/** INTEGER content to lower hex separated by colons: `0a:1b:…`; a leading 00 sign octet is left out. */
export function formatSerial(serial: Uint8Array): string {
  const hex = Buffer.from(serial.buffer, serial.byteOffset, serial.byteLength).toString('hex');
  const bare = hex.length > 2 && hex.startsWith('00') ? hex.slice(2) : hex;
  return bare.replace(/..(?!$)/g, '$&:');
}

/** Hex with `:` or `-` between bytes, or without, in any case, to bytes. Refuses anything else with `invalid_field`. */
export function parseSerial(text: string): Buffer {
  const hex = text.replace(/[:-]/g, '').toLowerCase();
  if (
    text.length > 128 ||
    hex.length === 0 ||
    hex.length > 42 ||
    !/^(?:[0-9a-f]{2}(?:[:-]?(?=[0-9a-fA-F])|$))+$/i.test(text)
  ) {
    throw new StrongroomError('invalid_field', 'malformed serial number', {
      hint: 'give hex bytes separated by colons',
    });
  }
  return Buffer.from(hex, 'hex');
}
