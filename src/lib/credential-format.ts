import { crc32 } from 'node:zlib';
import { encodeBase62Uint32, randomBase62 } from './base62.ts';

/** 27 base62 characters hold 160.7 random bits. */
const randomLength = 27;
const checksumLength = 6;
const bodyPattern = /^[0-9A-Za-z]{33}$/;

/** Credentials look like `<prefix><27 random><6 checksum>`; the prefix ends in `_` or `.`. */
export function mintCredential(prefix: string, randomBytes: (size: number) => Uint8Array): string {
  const head = prefix + randomBase62(randomLength, randomBytes);
  return head + encodeBase62Uint32(crc32(head));
}

export type CredentialForm = 'well_formed' | 'malformed' | 'checksum';

/**
 * Whether text after `prefix` has the shape and the checksum of a credential we minted. Costs no read, so that garbage
 * is refused at the door and secret scanners can tell a real finding. It proves nothing about being valid.
 */
export function inspectCredential(text: string, prefix: string): CredentialForm {
  if (!text.startsWith(prefix) || !bodyPattern.test(text.slice(prefix.length))) return 'malformed';
  const head = text.slice(0, -checksumLength);
  return encodeBase62Uint32(crc32(head)) === text.slice(-checksumLength) ? 'well_formed' : 'checksum';
}

/** What lists may show of a credential: its prefix and the first 4 characters of its body. */
export function visibleStart(credential: string, prefix: string): string {
  return credential.slice(0, prefix.length + 4);
}
