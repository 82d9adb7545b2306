const needsEscape = /[^\x20\x21\x23-\x5b\x5d-\x7e]/;
const hazards = /[\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}]/gu;

function escapeUnits(text: string): string {
  let escaped = '';
  for (let index = 0; index < text.length; index += 1) {
    escaped += `\\u${text.charCodeAt(index).toString(16).padStart(4, '0')}`;
  }
  return escaped;
}

/**
 * A JSON string (RFC 8259 7) that cannot break a line or drive a terminal: beside what JSON demands, DEL and C1
 * controls, line and paragraph separators and invisible format characters (such as bidirectional overrides) are
 * escaped.
 */
export function quote(text: string): string {
  if (!needsEscape.test(text)) return `"${text}"`;
  return JSON.stringify(text).replace(hazards, escapeUnits);
}

let lastMillis = Number.NaN;
let lastText = '';

/** RFC 3339 in UTC, always with three decimals: 24 characters that sort as time does. */
export function lineTime(millis: number): string {
  if (millis !== lastMillis) {
    lastText = new Date(millis).toISOString();
    lastMillis = millis;
  }
  return lastText;
}
