import { StrongroomError } from './errors.ts';

const unitSeconds: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
};

/** 292 years: what Go's duration can hold, so what any client can have meant. */
const maxSeconds = 9_223_372_036;
const goPattern = /^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$/;
const partPattern = /(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g;

function refuse(): never {
  throw new StrongroomError('invalid_field', 'error parsing duration', {
    hint: 'give whole seconds (3600) or a duration such as "90s", "1h30m" or "7d"',
  });
}

/**
 * Reads a duration in any of the shapes Vault's clients send: whole seconds as a number or numeric text, Go duration
 * text ("1h30m", "500ms") or whole days ("7d"). Answers whole seconds, fractions cut off.
 * Refuses what is negative unless `allowNegative`, not finite, or longer than 292 years.
 */
export function parseDurationSeconds(input: unknown, options: { allowNegative?: boolean } = {}): number {
  const seconds = Math.trunc(readSeconds(input));
  if (seconds < 0 && options.allowNegative !== true) {
    throw new StrongroomError('invalid_field', 'cannot provide negative value', { hint: 'durations start at 0' });
  }
  if (Math.abs(seconds) > maxSeconds) {
    throw new StrongroomError('invalid_field', 'duration is too long', {
      hint: 'at most 2562047h, which is 292 years',
    });
  }
  return seconds === 0 ? 0 : seconds;
}

function readSeconds(input: unknown): number {
  if (typeof input === 'number') {
    if (!Number.isFinite(input) || !Number.isInteger(input)) refuse();
    return input;
  }
  if (typeof input !== 'string') refuse();
  const text = input.trim();
  if (text === '') return 0;
  if (text.length > 64) refuse();
  const negative = text.startsWith('-');
  const body = negative || text.startsWith('+') ? text.slice(1) : text;
  const sign = negative ? -1 : 1;
  if (/^\d{1,15}$/.test(body)) return sign * Number(body);
  if (/^\d{1,9}d$/.test(body)) return sign * Number(body.slice(0, -1)) * 86_400;
  if (!goPattern.test(body)) refuse();
  let total = 0;
  for (const part of body.matchAll(partPattern)) total += Number(part[1]) * (unitSeconds[part[2] ?? ''] ?? Number.NaN);
  return sign * total;
}

/** Go's duration text of whole seconds with zero tails: 3600 → "1h0m0s", 90 → "1m30s", 0 → "0s". */
export function formatGoDuration(seconds: number): string {
  const sign = seconds < 0 ? '-' : '';
  const whole = Math.abs(Math.trunc(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = whole % 60;
  if (hours > 0) return `${sign}${hours}h${minutes}m${rest}s`;
  if (minutes > 0) return `${sign}${minutes}m${rest}s`;
  return `${sign}${rest}s`;
}

/** The same with zero tails removed: 3600 → "1h", 5400 → "1h30m". Used in Vault's TTL warnings. */
export function formatShortDuration(seconds: number): string {
  return formatGoDuration(seconds)
    .replace(/(?<=m)0s$/, '')
    .replace(/(?<=h)0m$/, '');
}
