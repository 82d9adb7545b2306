import { formatShortDuration, StrongroomError } from '../../lib/index.ts';

/** Everything that bounds the life of a token or lease; whole seconds, 0 = not set. */
export interface TtlBounds {
  /** What the caller wishes, counted from now. */
  readonly incrementSeconds: number;
  /** What the engine or role gives without a wish. */
  readonly roleTtlSeconds: number;
  readonly periodSeconds: number;
  readonly roleMaxSeconds: number;
  readonly explicitMaxSeconds: number;
  /** Effective limits of the mount: never 0. */
  readonly mountDefaultSeconds: number;
  readonly mountMaxSeconds: number;
  /** When the token or lease was issued, and now. */
  readonly issuedMillis: number;
  readonly nowMillis: number;
}

export interface Ttl {
  readonly seconds: number;
  readonly warnings: readonly string[];
}

const smallest = (values: readonly number[]): number => Math.min(...values.filter((value) => value > 0));

/**
 * The one function that decides how long something lives: at issue, at renewal, for tokens and leases alike
 * (vault-semantics 4.3). Every limit is counted from the time of issue.
 */
export function decideTtl(bounds: TtlBounds): Ttl {
  // A second begun counts whole: rounding never gives life beyond the maximum.
  const ageSeconds = Math.max(0, Math.ceil((bounds.nowMillis - bounds.issuedMillis) / 1000));
  const maxSeconds = smallest([bounds.mountMaxSeconds, bounds.roleMaxSeconds, bounds.explicitMaxSeconds]);
  if (bounds.periodSeconds > 0) return decidePeriodic(bounds, maxSeconds, ageSeconds);
  const wished = bounds.incrementSeconds || bounds.roleTtlSeconds || bounds.mountDefaultSeconds;
  return capTtl(wished, maxSeconds, ageSeconds);
}

function decidePeriodic(bounds: TtlBounds, maxSeconds: number, ageSeconds: number): Ttl {
  const warnings: string[] = [];
  let seconds = bounds.periodSeconds;
  if (seconds > maxSeconds) {
    warnings.push(
      `period of "${formatShortDuration(seconds)}" exceeded the effective max_ttl of "${formatShortDuration(maxSeconds)}"; period value is capped accordingly`,
    );
    seconds = maxSeconds;
  }
  // A period has no end but the explicit one.
  if (bounds.explicitMaxSeconds === 0) return { seconds, warnings };
  const rest = capTtl(seconds, bounds.explicitMaxSeconds, ageSeconds);
  return { seconds: rest.seconds, warnings: [...warnings, ...rest.warnings] };
}

function capTtl(wishedSeconds: number, maxSeconds: number, ageSeconds: number): Ttl {
  const restSeconds = maxSeconds - ageSeconds;
  if (restSeconds <= 0) {
    throw new StrongroomError('invalid_request', 'past the max TTL, cannot renew', {
      hint: 'its longest life is over: issue a new one',
    });
  }
  if (wishedSeconds <= restSeconds) return { seconds: wishedSeconds, warnings: [] };
  return {
    seconds: restSeconds,
    warnings: [
      `TTL of "${formatShortDuration(wishedSeconds)}" exceeded the effective max_ttl of "${formatShortDuration(restSeconds)}"; TTL value is capped accordingly`,
    ],
  };
}
