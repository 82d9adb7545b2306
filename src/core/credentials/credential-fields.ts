import { requireAddressBlocks, StrongroomError } from '../../lib/index.ts';

function refuse(message: string, hint: string): never {
  throw new StrongroomError('invalid_field', message, { hint });
}

const maxText = 256;

export function requireShortText(text: string | undefined, what: string, limit = maxText): string {
  if (text === undefined) return '';
  if (text.length <= limit && /^\P{C}*$/u.test(text)) return text;
  return refuse(`${what} is too long or holds characters that cannot be printed`, `${limit} printable characters`);
}

export function requireTexts(texts: readonly string[] | undefined, what: string, most = 100): readonly string[] {
  if (texts === undefined) return [];
  if (texts.length > most) refuse(`too many ${what}`, `${most} at most`);
  const clean = texts.map((text) => requireShortText(text, `one of ${what}`));
  if (clean.includes('')) refuse(`one of ${what} is empty`, 'leave it out');
  return [...new Set(clean)];
}

export function requireMetadata(
  metadata: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> {
  const entries = Object.entries(metadata ?? {});
  if (entries.length > 64) refuse('too many metadata keys', '64 at most');
  for (const [key, value] of entries) {
    if (key === '' || Buffer.byteLength(key) > 128 || Buffer.byteLength(value) > 1_024)
      refuse('a metadata key or value is empty or too long', '128 and 1,024 bytes');
  }
  return Object.fromEntries(entries);
}

export function requireCidrs(cidrs: readonly string[] | undefined): readonly string[] {
  return requireAddressBlocks([...new Set(cidrs ?? [])]).texts;
}

export interface LifeWish {
  readonly ttl?: number | undefined;
  /** Milliseconds. */
  readonly expire_time?: number | undefined;
}

/** When a credential ends, from a lifetime or a time of its own; within `maxSeconds` from now. Null: never. */
export function decideExpiry(
  wish: LifeWish,
  around: {
    readonly nowMillis: number;
    readonly defaultSeconds: number;
    readonly maxSeconds: number;
    readonly required: boolean;
  },
): number | null {
  const { nowMillis, maxSeconds } = around;
  if (wish.ttl !== undefined && wish.expire_time !== undefined)
    refuse('ttl and expire_time exclude each other', 'give one of them');
  if (wish.expire_time !== undefined && wish.expire_time <= nowMillis)
    refuse('expire_time lies in the past', 'give a later time');
  const ttlSeconds = wish.ttl || (wish.expire_time === undefined ? around.defaultSeconds : 0);
  const wished = wish.expire_time ?? (ttlSeconds > 0 ? nowMillis + ttlSeconds * 1000 : null);
  if (maxSeconds > 0) {
    const latest = nowMillis + maxSeconds * 1000;
    if (wished === null) return latest;
    if (wished > latest) refuse('the lifetime is longer than allowed here', 'ask for a shorter one');
  }
  if (wished === null && around.required) refuse('an expiry is required here', 'give ttl or expire_time');
  return wished;
}
