import type { SourceText } from './source-text.ts';

const anchorPattern = /<<(-?)([A-Za-z_][A-Za-z0-9_]{0,63})\r?\n/y;

/**
 * Reads `<<EOF` … `EOF` at its `<<`. Lines are kept with their newlines. With `<<-EOF` the blanks before the closing
 * word are taken off every line, if every line starts with them (as HCL 1 does).
 */
export function scanHeredoc(source: SourceText): string {
  const start = source.offset;
  anchorPattern.lastIndex = start;
  const anchor = anchorPattern.exec(source.text);
  if (anchor === null) source.refuse('a heredoc starts with <<WORD or <<-WORD and a new line');
  const [opening, dash, word] = anchor as unknown as [string, string, string];
  const lines: string[] = [];
  let index = start + opening.length;
  for (;;) {
    if (index >= source.text.length) source.refuse('the heredoc is not closed', start);
    const newline = source.text.indexOf('\n', index);
    const end = newline === -1 ? source.text.length : newline;
    const line = source.text.slice(index, end).replace(/\r$/, '');
    if ((dash === '' ? line : line.trimStart()) === word) {
      source.offset = end;
      return joinLines(lines, dash === '' ? '' : line.slice(0, line.length - word.length));
    }
    if (newline === -1) source.refuse('the heredoc is not closed', start);
    lines.push(`${line}\n`);
    index = end + 1;
  }
}

function joinLines(lines: readonly string[], indent: string): string {
  if (indent === '' || !lines.every((line) => line.startsWith(indent))) return lines.join('');
  return lines.map((line) => line.slice(indent.length)).join('');
}
