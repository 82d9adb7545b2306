import type { RateLimit } from '../../core/index.ts';
import { type JsonObject, parseDurationSeconds, StrongroomError } from '../../lib/index.ts';

function refuse(message: string, hint: string): never {
  throw new StrongroomError('invalid_field', message, { hint });
}

const maxLimits = 8;

/** Rate limits as sent: `[{"name": "burst", "limit": 10, "window": "1s"}]`. */
export function readRateLimits(sent: readonly JsonObject[] | undefined): readonly RateLimit[] | undefined {
  if (sent === undefined) return undefined;
  if (sent.length > maxLimits) refuse('too many rate limits', `${maxLimits} at most`);
  const limits = sent.map(readRateLimit);
  if (new Set(limits.map((limit) => limit.name)).size !== limits.length)
    refuse('two rate limits have the same name', 'name each differently');
  return limits;
}

function readRateLimit(sent: JsonObject): RateLimit {
  const { name, limit, window, kind } = sent;
  if (typeof name !== 'string' || !/^[\w.-]{1,64}$/.test(name))
    refuse('a rate limit needs a name', 'letters, digits and _ . -');
  if (typeof limit !== 'number' || !Number.isInteger(limit) || limit < 1 || limit > 1_000_000_000)
    refuse('a rate limit needs a limit', 'a whole number from 1');
  if (window === undefined) refuse('a rate limit needs a window', 'a duration such as "1m"');
  const windowSeconds = parseDurationSeconds(window);
  if (windowSeconds < 1 || windowSeconds > 2_678_400)
    refuse('the window of a rate limit is out of range', '1s to 31 days');
  if (kind !== undefined && kind !== 'fixed' && kind !== 'sliding')
    refuse('unknown kind of rate limit', 'fixed or sliding');
  return { name, limit, windowSeconds, kind: kind === 'fixed' ? 'fixed' : 'sliding' };
}

const maxCredits = 1_000_000_000_000;

export interface RefillFields {
  readonly credits?: number | undefined;
  readonly refill_amount?: number | undefined;
  readonly refill_interval?: number | undefined;
}

export function requireCredits(fields: RefillFields): void {
  const inRange = (value: number | undefined): boolean => value === undefined || (value >= 0 && value <= maxCredits);
  if (!inRange(fields.credits) || !inRange(fields.refill_amount))
    refuse('credits are out of range', 'whole numbers from 0');
  if ((fields.refill_amount ?? 0) > 0 !== (fields.refill_interval ?? 0) > 0)
    refuse('refill_amount and refill_interval belong together', 'give both');
}

/** A key that looks limited and is not: a refill is of credits. */
export function requireRefilled(refillAmount: number, credits: number | null): void {
  if (refillAmount > 0 && credits === null) refuse('a refill needs credits to be refilled', 'give "credits" as well');
}

const thumbprintPattern = /^(?:[0-9a-f]{64}|[A-Za-z0-9_-]{43})$/;

/** A certificate's SHA-256 as base64url, from base64url or hex with or without colons; '' for none. */
export function readThumbprint(text: string | undefined): string {
  if (text === undefined || text === '') return '';
  const plain = text.replaceAll(':', '');
  const lower = plain.toLowerCase();
  const wanted = /^[0-9a-f]{64}$/.test(lower) ? lower : plain.replace(/=+$/, '');
  if (!thumbprintPattern.test(wanted))
    refuse('cert_thumbprint is not a SHA-256', '64 hex digits, or 43 characters of base64url');
  return wanted.length === 64 ? Buffer.from(wanted, 'hex').toString('base64url') : wanted;
}
