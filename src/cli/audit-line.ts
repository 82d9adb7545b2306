import { isJsonObject, type Json, type JsonObject, parseJson } from '../lib/index.ts';
import { visibleText } from './table.ts';

const objectOf = (value: Json | undefined): JsonObject => (isJsonObject(value) ? value : {});
const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '');

/** A keyed digest says who is the same as whom; its first characters are enough for that. */
function shorten(text: string): string {
  const match = /^hmac-sha256:([0-9a-f]{8})[0-9a-f]*$/.exec(text);
  return match === null ? text : `hmac:${match[1]}`;
}

const shortTime = (record: JsonObject): string => textOf(record.time).replace(/\.(\d{3})\d*Z$/, '.$1Z');
const numberOf = (value: Json | undefined): string => (typeof value === 'number' ? String(value) : '?');

/** What the log says of itself (`#`): where it begins or goes on, and up to where it is signed. */
function renderMark(record: JsonObject): string | undefined {
  const type = textOf(record.type);
  let text: string;
  if (type === 'checkpoint') {
    const covered = numberOf(objectOf(record.covers).seq);
    text = `checkpoint signed up to line ${covered} (${textOf(record.reason) || 'no reason'}) by key ${textOf(record.key_id).slice(0, 8)}`;
  } else if (type === 'begin') text = `log of ${textOf(record.sink)} begins`;
  else if (type === 'resumed') text = `log of ${textOf(record.sink)} goes on`;
  else return undefined;
  return visibleText(`${shortTime(record)} # ${text}`, false);
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
  if (!isJsonObject(parsed)) return visibleText(line, false);
  if (parsed.request === undefined) return renderMark(parsed) ?? visibleText(line, false);
  const request = objectOf(parsed.request);
  const auth = objectOf(parsed.auth);
  const error = textOf(parsed.error);
  const closing = parsed.type === 'response';
  const parts = [
    shortTime(parsed),
    closing ? '<' : '>',
    textOf(request.operation).padEnd(6),
    textOf(request.path),
    `by ${shorten(textOf(auth.display_name)) || 'nobody'}`,
    textOf(request.remote_address) === '' ? '' : `from ${textOf(request.remote_address)}`,
    error === '' ? (closing ? 'done' : '') : `refused: ${shorten(error)}`,
  ];
  return visibleText(parts.filter((part) => part !== '').join(' '), false);
}
