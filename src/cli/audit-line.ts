import { isJsonObject, type Json, type JsonObject, parseJson } from '../lib/index.ts';
import { visibleText } from './table.ts';

const objectOf = (value: Json | undefined): JsonObject => (isJsonObject(value) ? value : {});
const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '');

/** A keyed digest says who is the same as whom; its first characters are enough for that. */
function shorten(text: string): string {
  const match = /^hmac-sha256:([0-9a-f]{8})[0-9a-f]*$/.exec(text);
  return match === null ? text : `hmac:${match[1]}`;
}

/**
 * One audit record as one readable line: time, opening (`>`) or closing (`<`), operation, path, who, from where, what
 * became of it. A line that is no record is shown as it is, without control characters.
 */
export function renderAuditLine(line: string): string {
  let parsed: Json;
  try {
    parsed = parseJson(line);
  } catch {
    return visibleText(line, false);
  }
  if (!isJsonObject(parsed) || parsed.request === undefined) return visibleText(line, false);
  const request = objectOf(parsed.request);
  const auth = objectOf(parsed.auth);
  const error = textOf(parsed.error);
  const closing = parsed.type === 'response';
  const parts = [
    textOf(parsed.time).replace(/\.(\d{3})\d*Z$/, '.$1Z'),
    closing ? '<' : '>',
    textOf(request.operation).padEnd(6),
    textOf(request.path),
    `by ${shorten(textOf(auth.display_name)) || 'nobody'}`,
    textOf(request.remote_address) === '' ? '' : `from ${textOf(request.remote_address)}`,
    error === '' ? (closing ? 'done' : '') : `refused: ${shorten(error)}`,
  ];
  return visibleText(parts.filter((part) => part !== '').join(' '), false);
}
