import { sinkRefused } from '../audit-error.ts';

/** How a sink wants its lines. Sinks with equal options share the text of a line. */
export interface FormatOptions {
  /** Accessors (and credential ids) as keyed hashes. */
  readonly hmacAccessor: boolean;
  /** Nothing hashed but bytes and secret types. Refused unless the operator's own configuration allows it. */
  readonly logRaw: boolean;
  /** For list operations: `keys` and `key_info` of the answer are replaced by their counts. */
  readonly elideListResponses: boolean;
  /** Printable text before each line. */
  readonly prefix: string;
}

export const defaultFormat: FormatOptions = {
  hmacAccessor: true,
  logRaw: false,
  elideListResponses: false,
  prefix: '',
};

const maxPrefixLength = 128;

/**
 * Options complete and checked.
 * @throws StrongroomError `invalid_request` for raw lines that are not allowed or a prefix that would hide a line's
 *   start (`{`), break a line or drive a terminal.
 */
export function completeFormat(options: Partial<FormatOptions>, allowRaw: boolean): FormatOptions {
  const format = { ...defaultFormat, ...options };
  if (format.logRaw && !allowRaw) {
    throw sinkRefused('log_raw is not allowed', 'raw lines hold secrets; only the server configuration can allow them');
  }
  if (format.prefix.length > maxPrefixLength || !/^[\x20-\x7a\x7c\x7e]*$/.test(format.prefix)) {
    throw sinkRefused('invalid prefix', `up to ${maxPrefixLength} printable ASCII characters other than braces`);
  }
  return format;
}

/** Equal for options that give equal lines. */
export function formatKey(format: FormatOptions): string {
  return JSON.stringify([format.hmacAccessor, format.logRaw, format.elideListResponses, format.prefix]);
}
