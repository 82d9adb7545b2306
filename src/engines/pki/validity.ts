import { type CoreSettings, type Mount, mountLimits } from '../../core/index.ts';
import { formatGoDuration, formatTime, StrongroomError } from '../../lib/index.ts';
import type { IssuerRecord } from './records.ts';

export interface ValidityWish {
  readonly ttlSeconds: number | undefined;
  /** RFC 3339, or '' for none. */
  readonly notAfter: string;
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

function readTime(name: string, text: string): number {
  const millis = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
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

/** How long a certificate is valid: the wish, within role and mount, within the life of its issuer. */
export function decideValidity(
  wish: ValidityWish,
  around: { readonly mount: Mount; readonly settings: CoreSettings; readonly nowMillis: number },
  issuer: { readonly notAfterSeconds: number; readonly behavior: IssuerRecord['leafNotAfterBehavior'] } | undefined,
): Validity {
  const nowSeconds = Math.floor(around.nowMillis / 1000);
  const limits = mountLimits(around.mount, around.settings);
  const warnings: string[] = [];
  const maxSeconds = wish.roleMaxSeconds > 0 ? Math.min(wish.roleMaxSeconds, limits.maxSeconds) : limits.maxSeconds;
  let notAfterSeconds: number;
  if (wish.notAfter !== '') {
    notAfterSeconds = readNotAfter(wish.notAfter, nowSeconds);
  } else {
    let seconds = wish.ttlSeconds || wish.roleTtlSeconds || limits.defaultSeconds;
    if (seconds > maxSeconds) {
      warnings.push(
        `TTL "${formatGoDuration(seconds)}" is longer than permitted maxTTL "${formatGoDuration(maxSeconds)}", so maxTTL is being used`,
      );
      seconds = maxSeconds;
    }
    notAfterSeconds = nowSeconds + seconds;
  }
  if (wish.notAfter !== '' && notAfterSeconds > nowSeconds + maxSeconds) notAfterSeconds = nowSeconds + maxSeconds;
  const notBeforeSeconds =
    wish.notBefore === '' ? nowSeconds - wish.notBeforeSeconds : readTime('not_before', wish.notBefore);
  if (notBeforeSeconds >= notAfterSeconds)
    refuse('not_before does not lie before not_after', 'ask for an earlier start');
  if (!issuer || notAfterSeconds <= issuer.notAfterSeconds)
    return { notBeforeSeconds, notAfterSeconds, insecurePermitBeyondIssuer: false, warnings };
  if (issuer.behavior === 'truncate')
    return { notBeforeSeconds, notAfterSeconds: issuer.notAfterSeconds, insecurePermitBeyondIssuer: false, warnings };
  if (issuer.behavior === 'permit')
    return { notBeforeSeconds, notAfterSeconds, insecurePermitBeyondIssuer: true, warnings };
  return refuse(
    `cannot satisfy request, as TTL would result in notAfter of ${formatTime(notAfterSeconds * 1000)} that is beyond the expiration of the CA certificate at ${formatTime(issuer.notAfterSeconds * 1000)}`,
    'ask for a shorter ttl, or set leaf_not_after_behavior of the issuer',
  );
}
