import { refuseDer } from './refuse.ts';
import { tags } from './tags.ts';
import { element } from './write.ts';

/** 9999-12-31T23:59:59Z: «no well-defined expiration» (RFC 5280 4.1.2.5). */
export const noExpirySeconds = 253_402_300_799;

/** 2050-01-01T00:00:00Z, from which on GeneralizedTime is written (RFC 5280 4.1.2.5). */
const generalizedFromSeconds = 2_524_608_000;
/** 1950-01-01T00:00:00Z, before which UTCTime cannot say the year. */
const utcFromSeconds = -631_152_000;

function digits(seconds: number): string {
  if (!Number.isInteger(seconds) || seconds < utcFromSeconds || seconds > noExpirySeconds) {
    throw new RangeError('time must be whole seconds between 1950 and 9999');
  }
  return new Date(seconds * 1000).toISOString().replace(/[-:T]/g, '').slice(0, 14);
}

/** Time of certificates and CRLs: UTCTime for 1950…2049, GeneralizedTime after. `seconds` since 1970. */
export function time(seconds: number): Buffer {
  if (seconds >= generalizedFromSeconds) return generalizedTime(seconds);
  return element(tags.utcTime, Buffer.from(`${digits(seconds).slice(2)}Z`, 'latin1'));
}

/** GeneralizedTime `YYYYMMDDHHMMSSZ`, whole seconds (RFC 5280 4.1.2.5.2). */
export function generalizedTime(seconds: number): Buffer {
  return element(tags.generalizedTime, Buffer.from(`${digits(seconds)}Z`, 'latin1'));
}

function twoDigits(content: Uint8Array, offset: number): number {
  const high = (content[offset] as number) - 0x30;
  const low = (content[offset + 1] as number) - 0x30;
  if (!(high >= 0 && high <= 9 && low >= 0 && low <= 9)) refuseDer('time with something else than digits');
  return high * 10 + low;
}

function readDigits(content: Uint8Array, year: number, offset: number): number {
  const month = twoDigits(content, offset);
  const day = twoDigits(content, offset + 2);
  const hour = twoDigits(content, offset + 4);
  const minute = twoDigits(content, offset + 6);
  const second = twoDigits(content, offset + 8);
  if (content[offset + 10] !== 0x5a) refuseDer('time without Z');
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) refuseDer('time with a day that does not exist');
  if (hour > 23 || minute > 59 || second > 59) refuseDer('time out of range');
  return date.getTime() / 1000 + hour * 3600 + minute * 60 + second;
}

/** GeneralizedTime content to seconds since 1970: the one form RFC 5280 allows. */
export function decodeGeneralizedTime(content: Uint8Array): number {
  if (content.length !== 15) refuseDer('GeneralizedTime must be YYYYMMDDHHMMSSZ');
  return readDigits(content, twoDigits(content, 0) * 100 + twoDigits(content, 2), 4);
}

/**
 * Content of a Time to seconds since 1970. A year before 2050 in GeneralizedTime is refused: RFC 5280 4.1.2.5 gives
 * every moment one encoding.
 */
export function decodeTime(tag: number, content: Uint8Array): number {
  if (tag === tags.utcTime) {
    if (content.length !== 13) refuseDer('UTCTime must be YYMMDDHHMMSSZ');
    const year = twoDigits(content, 0);
    return readDigits(content, year < 50 ? 2000 + year : 1900 + year, 2);
  }
  if (tag !== tags.generalizedTime) refuseDer('neither UTCTime nor GeneralizedTime');
  const seconds = decodeGeneralizedTime(content);
  if (seconds < generalizedFromSeconds) refuseDer('GeneralizedTime for a year before 2050');
  return seconds;
}
