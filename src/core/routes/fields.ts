import { z } from 'zod';
import { isJsonObject, parseDurationSeconds, StrongroomError } from '../../lib/index.ts';

/**
 * The types of request fields, with the leniency Vault's clients rely on (numbers as text, durations in six shapes,
 * comma lists). Each answers a schema whose description feeds the OpenAPI document.
 */

const issue = (context: { addIssue(text: string): void }, message: string): never => {
  context.addIssue(message);
  return z.NEVER as never;
};

const lenient = <T>(read: (input: unknown) => T | undefined, expected: string): z.ZodType<T> =>
  z.unknown().transform((input, context): T => {
    const value = read(input);
    return value === undefined ? issue({ addIssue: (text) => context.addIssue(text) }, expected) : value;
  }) as unknown as z.ZodType<T>;

const maxTextLength = 1_048_576;

function readText(input: unknown): string | undefined {
  if (typeof input === 'string') return input.length <= maxTextLength ? input : undefined;
  return typeof input === 'number' || typeof input === 'boolean' ? String(input) : undefined;
}

function readInteger(input: unknown): number | undefined {
  if (typeof input === 'number') return Number.isSafeInteger(input) ? input : undefined;
  if (typeof input !== 'string' || !/^[+-]?\d{1,15}$/.test(input.trim())) return undefined;
  return Number(input.trim());
}

function readBoolean(input: unknown): boolean | undefined {
  if (typeof input === 'boolean') return input;
  if (input === 1 || input === 0) return input === 1;
  if (typeof input !== 'string') return undefined;
  if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(input)) return true;
  return ['0', 'f', 'F', 'false', 'FALSE', 'False', ''].includes(input) ? false : undefined;
}

const maxListLength = 10_000;

function readList(input: unknown, splitCommas: boolean): string[] | undefined {
  if (Array.isArray(input)) {
    if (input.length > maxListLength) return undefined;
    const items = input.map(readText);
    return items.every((item) => item !== undefined) ? items.map((item) => item.trim()) : undefined;
  }
  const text = readText(input);
  if (text === undefined) return undefined;
  if (text.trim() === '') return [];
  return splitCommas ? text.split(',').map((item) => item.trim()) : [text];
}

function readKeyValues(input: unknown): Record<string, string> | undefined {
  const pairs: [string, string][] = [];
  if (Array.isArray(input)) {
    for (const item of input) {
      if (typeof item !== 'string' || !item.includes('=')) return undefined;
      const at = item.indexOf('=');
      pairs.push([item.slice(0, at), item.slice(at + 1)]);
    }
  } else if (isJsonObject(input)) {
    for (const [key, value] of Object.entries(input)) {
      const text = readText(value);
      if (text === undefined) return undefined;
      pairs.push([key, text]);
    }
  } else {
    return undefined;
  }
  if (pairs.length > 1_000) return undefined;
  // fromEntries defines own properties: `__proto__` stays an ordinary key.
  return Object.fromEntries(pairs);
}

/** A duration, with what is wrong with it in the refusal: it may be well written and yet too long. */
const duration = (allowNegative: boolean): z.ZodType<number> =>
  z.unknown().transform((input, context): number => {
    try {
      return parseDurationSeconds(input, { allowNegative });
    } catch (error) {
      if (!(error instanceof StrongroomError)) throw error;
      context.addIssue(`${error.message}: ${error.hint}`);
      return z.NEVER;
    }
  }) as unknown as z.ZodType<number>;

/** 9999-12-31T23:59:59Z, the last moment RFC 3339 can write. */
const lastTimeMillis = 253_402_300_799_000;

function readTimeMillis(input: unknown): number | undefined {
  const millis = readMillis(input);
  return millis !== undefined && millis >= 0 && millis <= lastTimeMillis ? millis : undefined;
}

function readMillis(input: unknown): number | undefined {
  if (typeof input === 'number') return Number.isSafeInteger(input) ? input * 1000 : undefined;
  if (typeof input !== 'string' || input.length > 40) return undefined;
  if (/^\d{1,12}$/.test(input)) return Number(input) * 1000;
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.test(input)) return undefined;
  const millis = Date.parse(input);
  return Number.isNaN(millis) ? undefined : millis;
}

const field = {
  /** Text; numbers and booleans are taken as their text. */
  text: () => lenient(readText, 'expected text').meta({ type: 'string' }),
  /** Text in lower case, blanks at the ends removed. */
  lowerText: () => lenient((input) => readText(input)?.trim().toLowerCase(), 'expected text').meta({ type: 'string' }),
  /** Text that never appears in logs in clear and is marked so in the API document. */
  secretText: () => lenient(readText, 'expected text').meta({ type: 'string', format: 'password', sensitive: true }),
  integer: () => lenient(readInteger, 'expected a whole number').meta({ type: 'integer' }),
  number: () =>
    lenient((input) => {
      const value = typeof input === 'string' && input.trim() !== '' ? Number(input) : input;
      return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
    }, 'expected a number').meta({ type: 'number' }),
  boolean: () => lenient(readBoolean, 'expected true or false').meta({ type: 'boolean' }),
  /** Whole seconds from any of Vault's duration shapes; negative ones are refused. */
  seconds: () => duration(false).meta({ type: 'string', format: 'duration' }),
  signedSeconds: () => duration(true).meta({ type: 'string', format: 'duration' }),
  /** RFC 3339 or seconds since 1970; answers milliseconds. */
  timeMillis: () => lenient(readTimeMillis, 'expected an RFC 3339 time').meta({ type: 'string', format: 'date-time' }),
  /** An array of texts, or one text split at commas. */
  list: () =>
    lenient((input) => readList(input, true), 'expected a list of texts').meta({
      type: 'array',
      items: { type: 'string' },
    }),
  /** An array of texts, or one text as a single item, never split. */
  texts: () =>
    lenient((input) => readList(input, false), 'expected a list of texts').meta({
      type: 'array',
      items: { type: 'string' },
    }),
  integers: () =>
    lenient((input) => {
      const items = Array.isArray(input) ? input : readList(input, true);
      const numbers = items?.map(readInteger);
      return numbers?.every((item) => item !== undefined) ? numbers : undefined;
    }, 'expected a list of whole numbers').meta({ type: 'array', items: { type: 'integer' } }),
  /** An object of texts, or an array of `key=value`. */
  keyValues: () =>
    lenient(readKeyValues, 'expected an object of texts').meta({
      type: 'object',
      additionalProperties: { type: 'string' },
    }),
  /** Any JSON value; the handler judges it. */
  any: () => z.unknown(),
  /** Any JSON object. */
  object: () =>
    lenient((input) => (isJsonObject(input) ? input : undefined), 'expected an object').meta({ type: 'object' }),
  /** An array of JSON objects. */
  objects: (limit: number) =>
    lenient(
      (input) => (Array.isArray(input) && input.length <= limit && input.every(isJsonObject) ? input : undefined),
      `expected a list of at most ${limit} objects`,
    ).meta({ type: 'array', items: { type: 'object' } }),
  /** Fields that may be left out, and of which a merge-patch (RFC 7396) may send null. */
  nullable: <F extends Readonly<Record<string, z.ZodOptional>>>(fields: F) =>
    Object.fromEntries(
      Object.entries(fields).map(([name, schema]) => {
        const inner = schema.unwrap() as z.ZodType;
        return [
          name,
          inner
            .nullable()
            .meta({ ...inner.meta(), nullable: true })
            .optional(),
        ];
      }),
    ) as { [Name in keyof F]: z.ZodOptional<z.ZodNullable<ReturnType<F[Name]['unwrap']>>> },
  /** One of a few words. */
  word: <const W extends string>(words: readonly W[]) =>
    lenient((input) => words.find((word) => word === input), `expected one of ${words.join(', ')}`).meta({
      type: 'string',
      enum: [...words],
    }),
};

export { field };

/** The fields of a route by name. A field that may be left out is `.optional()`. */
export type Fields = Readonly<Record<string, z.ZodType>>;
/** What a handler gets for them. */
export type FieldValues<F extends Fields> = z.output<z.ZodObject<F>>;
