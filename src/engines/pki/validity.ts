import { type CoreSettings, type Mount, mountLimits } from '../../core/index.ts';
import { formatGoDuration, formatTime, StrongroomError } from '../../lib/index.ts';
import type { IssuerRecord } from './records.ts';

export interface ValidityWish {
  readonly ttlSeconds: number | undefined;
  /** RFC 3339, or '' for none. */
  readonly notAfter: string;
  /** RFC 3339: the end where none is asked for, and the latest where a ttl is; '' for none. */
  readonly roleNotAfter: string;
  readonly roleTtlSeconds: number;
  readonly roleMaxSeconds: number;
  /** RFC 3339, or '' for a start so many seconds ago: clocks differ. */
  readonly notBefore: string;
  readonly notBeforeSeconds: number;
}

export interface Validity {
  readonly notBeforeSeconds: number;
  readonly notAfterSeconds: number;
  readonly insecurePermitBeyondIssuer: boolean;
  readonly warnings: readonly string[];
}

function refuse(message: string, hint: string): never {
  throw new StrongroomError('invalid_request', message, { hint });
}

/** 1950, the first year of UTCTime, and the last second RFC 5280 4.1.2.5 knows. */
const firstSeconds = -631_152_000;
const lastSeconds = 253_402_300_799;

const timePattern = /^\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/** Whether the calendar has this day: `Date.parse` takes 30 February for 2 March. */
function isDay(date: string): boolean {
  const midnight = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(date);
}

/** Whole seconds of an RFC 3339 time that a certificate can hold. */
export function readTime(name: string, text: string): number {
  const millis = timePattern.test(text) && isDay(text.slice(0, 10)) ? Date.parse(text) : Number.NaN;
  const seconds = Math.floor(millis / 1000);
  if (!(seconds >= firstSeconds && seconds <= lastSeconds))
    refuse(`${name} is not an RFC 3339 time`, 'write 2027-01-31T12:00:00Z');
  return seconds;
}

function readNotAfter(text: string, nowSeconds: number): number {
  const seconds = readTime('not_after', text);
  if (seconds <= nowSeconds) refuse('not_after lies in the past', 'ask for a later time');
  return seconds;
}

/** The certificate that limits those below it. */
export interface IssuerLife {
  readonly notBeforeSeconds: number;
  readonly notAfterSeconds: number;
  readonly behavior: IssuerRecord['leafNotAfterBehavior'];
}

/** Whatever is to happen with lives beyond the issuer's: one that is not valid now issues nothing. */
function requireValidIssuer(issuer: IssuerLife, nowSeconds: number): void {
  const { notBeforeSeconds, notAfterSeconds } = issuer;
  if (notAfterSeconds <= nowSeconds)
    refuse(
      `cannot satisfy request, as the CA certificate expired at ${formatTime(notAfterSeconds * 1000)}`,
      'issue by another issuer, or renew this one',
    );
  if (notBeforeSeconds > nowSeconds)
    refuse(
      `cannot satisfy request, as the CA certificate is not valid yet: it is from ${formatTime(notBeforeSeconds * 1000)} on`,
      'issue by another issuer, or wait',
    );
}

/** How long a certificate is valid: the wish, within role and mount, within the life of its issuer. */
export function decideValidity(
  wish: ValidityWish,
  around: { readonly mount: Mount; readonly settings: CoreSettings; readonly nowMillis: number },
  issuer: IssuerLife | undefined,
): Validity {
  const nowSeconds = Math.floor(around.nowMillis / 1000);
  if (issuer) requireValidIssuer(issuer, nowSeconds);
  const limits = mountLimits(around.mount, around.settings);
  const maxSeconds = wish.roleMaxSeconds > 0 ? Math.min(wish.roleMaxSeconds, limits.maxSeconds) : limits.maxSeconds;
  const warnings: string[] = [];
  const wishedEnd = decideEnd(wish, { nowSeconds, maxSeconds, defaultSeconds: limits.defaultSeconds }, warnings);
  const start = decideStart(wish, nowSeconds);
  const { notAfterSeconds, insecurePermitBeyondIssuer } = endUnder(issuer, wishedEnd);
  // A young CA must not issue what was valid before itself.
  const notBeforeSeconds = issuer ? Math.max(start, issuer.notBeforeSeconds) : start;
  if (notBeforeSeconds >= notAfterSeconds)
    refuse('not_before does not lie before not_after', 'ask for an earlier start');
  return { notBeforeSeconds, notAfterSeconds, insecurePermitBeyondIssuer, warnings };
}

function decideEnd(
  wish: ValidityWish,
  limits: { readonly nowSeconds: number; readonly maxSeconds: number; readonly defaultSeconds: number },
  warnings: string[],
): number {
  const { nowSeconds, maxSeconds } = limits;
  const most = formatGoDuration(maxSeconds);
  const fixed = wish.notAfter || (wish.ttlSeconds ? '' : wish.roleNotAfter);
  if (fixed !== '') {
    const seconds = readNotAfter(fixed, nowSeconds);
    if (seconds <= nowSeconds + maxSeconds) return seconds;
    warnings.push(`not_after lies beyond the permitted maxTTL "${most}", so maxTTL is being used`);
    return nowSeconds + maxSeconds;
  }
  const seconds = wish.ttlSeconds || wish.roleTtlSeconds || limits.defaultSeconds;
  if (seconds > maxSeconds)
    warnings.push(
      `TTL "${formatGoDuration(seconds)}" is longer than permitted maxTTL "${most}", so maxTTL is being used`,
    );
  const end = nowSeconds + Math.min(seconds, maxSeconds);
  if (wish.roleNotAfter === '') return end;
  const latest = readNotAfter(wish.roleNotAfter, nowSeconds);
  if (end > latest)
    warnings.push(`TTL "${formatGoDuration(seconds)}" ends after not_after of the role, so that is being used`);
  return Math.min(end, latest);
}

/** A start in the past allows for clocks that differ; a year is no such difference any more. */
const maxNotBeforeSeconds = 31_536_000;

function decideStart(wish: ValidityWish, nowSeconds: number): number {
  if (wish.notBefore !== '') return readTime('not_before', wish.notBefore);
  requireNotBeforeDuration(wish.notBeforeSeconds);
  return nowSeconds - wish.notBeforeSeconds;
}

export function requireNotBeforeDuration(seconds: number): void {
  if (seconds > maxNotBeforeSeconds)
    throw new StrongroomError('invalid_field', 'not_before_duration is too long', { hint: 'a year (8760h) at most' });
}

function endUnder(
  issuer: IssuerLife | undefined,
  wishedEnd: number,
): Pick<Validity, 'notAfterSeconds' | 'insecurePermitBeyondIssuer'> {
  if (!issuer || wishedEnd <= issuer.notAfterSeconds)
    return { notAfterSeconds: wishedEnd, insecurePermitBeyondIssuer: false };
  if (issuer.behavior === 'truncate')
    return { notAfterSeconds: issuer.notAfterSeconds, insecurePermitBeyondIssuer: false };
  if (issuer.behavior === 'permit') return { notAfterSeconds: wishedEnd, insecurePermitBeyondIssuer: true };
  return refuse(
    `cannot satisfy request, as TTL would result in notAfter of ${formatTime(wishedEnd * 1000)} that is beyond the expiration of the CA certificate at ${formatTime(issuer.notAfterSeconds * 1000)}`,
    'ask for a shorter ttl, or set leaf_not_after_behavior of the issuer',
  );
}
