import type { Random } from '../../crypto/index.ts';

/**
 * A version 7 UUID (RFC 9562 5.7): ids sort by the time they were made, so that lists in order of creation need no
 * index of their own. The time is shown with the credential anyway; the other 74 bits are random.
 */
export function newCredentialId(random: Random, nowMillis: number): string {
  const bytes = random.bytes(16);
  bytes.writeUIntBE(nowMillis, 0, 6);
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Whether a text has the form of an id: anything else is not worth a read. */
export function isCredentialId(text: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(text);
}
