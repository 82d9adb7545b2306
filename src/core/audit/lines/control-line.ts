import type { ChainPosition } from './chain.ts';
import type { FormatOptions } from './format-options.ts';
import { lineTime, quote } from './quote.ts';

export type Members = Readonly<Record<string, string | number | boolean | ChainPosition | undefined>>;

/**
 * A line about the log itself, without its last brace:
 * - `begin`: the first line of a log; `previous` names the end of the log before it;
 * - `resumed`: the server went on with an existing log;
 * - `recovered`: it went on after a failure, a crash or damage, and says what was found;
 * - `checkpoint`: a signature over the line named in `covers`.
 */
export function controlLine(
  type: 'begin' | 'resumed' | 'recovered' | 'checkpoint',
  timeMillis: number,
  members: Members,
  format: FormatOptions,
): string {
  let text = `${format.prefix}{"time":"${lineTime(timeMillis)}","type":"${type}"`;
  for (const [name, value] of Object.entries(members)) {
    if (value === undefined || value === 0) continue;
    text += `,"${name}":${valueText(value)}`;
  }
  return text;
}

function valueText(value: string | number | boolean | ChainPosition): string {
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'object') return `{"seq":${value.seq},"chain":"${value.chain}"}`;
  return String(value);
}
