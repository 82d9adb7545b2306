import { AeadKey, combineShares, type Random, splitSecret } from '../../crypto/index.ts';
import { SecretBytes, StrongroomError } from '../../lib/index.ts';

/** How many shares there are, and how many put the key together. */
export interface ShareCounts {
  readonly shares: number;
  readonly threshold: number;
}

/** Refuses impossible share counts with the reasons clients know. */
export function requireShareCounts(counts: ShareCounts): void {
  const { shares, threshold } = counts;
  const refuse = (message: string): never => {
    throw new StrongroomError('invalid_request', message, { hint: 'usual: 5 shares of which 3 are needed' });
  };
  if (!Number.isInteger(shares) || shares < 1) refuse('secret shares must be at least one');
  if (shares > 255) refuse('secret shares must be less than 256');
  if (!Number.isInteger(threshold) || threshold < 1) refuse('secret threshold must be at least one');
  if (threshold > shares) refuse('secret threshold cannot be larger than secret shares');
  if (shares > 1 && threshold === 1) refuse('secret threshold must be greater than one for multiple shares');
}

/** Shares of a key; with one share, the share is the key itself (32 bytes). */
export function splitKey(key: SecretBytes, counts: ShareCounts, random: Random): SecretBytes[] {
  if (counts.shares === 1) return [new SecretBytes(Buffer.from(key.insecureBytes()))];
  return splitSecret(key, counts.shares, counts.threshold, random);
}

/** The key from its shares, or undefined when they cannot belong together. */
export function joinKey(parts: readonly SecretBytes[], counts: ShareCounts): SecretBytes | undefined {
  if (counts.threshold === 1) return parts[0]?.byteLength === 32 ? parts[0] : undefined;
  const key = combineShares(parts);
  return key?.byteLength === 32 ? key : undefined;
}

/** Wraps the root key under a key that shares give back. */
export function wrapUnderShares(rootKey: SecretBytes, shareKey: SecretBytes, context: string, random: Random): Buffer {
  return new AeadKey(shareKey, random).seal(rootKey.insecureBytes(), Buffer.from(context, 'utf8'));
}

export function unwrapUnderShares(
  wrapped: Buffer,
  shareKey: SecretBytes,
  context: string,
  random: Random,
): SecretBytes | undefined {
  const bytes = new AeadKey(shareKey, random).open(wrapped, Buffer.from(context, 'utf8'));
  return bytes && new SecretBytes(bytes);
}

/** Reads a share as operators type it: hex when it decodes to 16–33 bytes, base64 otherwise. */
export function readShare(text: string): SecretBytes {
  const trimmed = text.trim();
  if (/^[0-9a-fA-F]+$/.test(trimmed) && trimmed.length % 2 === 0 && trimmed.length >= 32 && trimmed.length <= 66) {
    return new SecretBytes(Buffer.from(trimmed, 'hex'));
  }
  const bytes = Buffer.from(trimmed, 'base64');
  const canonical = bytes.toString('base64').replace(/=+$/, '') === trimmed.replace(/=+$/, '');
  if (!canonical || bytes.length < 16 || bytes.length > 33) {
    throw new StrongroomError('invalid_request', "'key' must be a valid hex or base64 string", {
      hint: 'send one key share as it was printed at initialisation',
    });
  }
  return new SecretBytes(bytes);
}
