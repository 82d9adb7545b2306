import type { WireValue } from '../client/index.ts';
import { SecretText } from '../lib/index.ts';

/** Control characters would let a stored value drive the terminal; they are shown as escapes. */
export function visibleText(text: string, keepBreaks = true): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, (character) => {
    if (keepBreaks && (character === '\n' || character === '\t')) return character;
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** Puts secrets back into the clear, at the last moment before they are printed for the one who asked for them. */
export function revealSecrets(value: unknown): unknown {
  if (value instanceof SecretText) return value.insecureText();
  if (Array.isArray(value)) return value.map(revealSecrets);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, revealSecrets(item)]));
}

/** One cell: texts as they are, lists of plain values in brackets, the rest as JSON. */
export function cellText(value: unknown): string {
  const shown = revealSecrets(value);
  if (shown === null || shown === undefined) return 'n/a';
  // An empty cell looks like one that was forgotten.
  if (typeof shown === 'string') return shown === '' ? 'n/a' : shown;
  if (Array.isArray(shown) && shown.every((item) => typeof item !== 'object')) return `[${shown.join(', ')}]`;
  return typeof shown === 'object' ? JSON.stringify(shown) : String(shown);
}

const gap = '    ';

/** Columns aligned under their heads and a rule. Lines carry no blanks at their ends. */
export function renderTable(heads: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const cells = rows.map((row) => row.map((value) => visibleText(cellText(value))));
  const widths = heads.map((head, column) =>
    Math.max(head.length, ...cells.map((row) => (row[column] ?? '').split('\n', 1)[0]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join(gap)
      .trimEnd();
  return [line(heads), line(heads.map((head) => '-'.repeat(head.length))), ...cells.map(line), ''].join('\n');
}

/** Name and value, one a line, sorted as the server sent them. */
export function renderKeyValues(values: Readonly<Record<string, WireValue>>): string {
  return renderTable(['Key', 'Value'], Object.entries(values));
}
