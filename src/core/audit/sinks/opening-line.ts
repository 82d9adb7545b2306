import type { ChainPosition } from '../lines/chain.ts';
import type { Members } from '../lines/control-line.ts';
import type { DeviceStart } from './device.ts';

/** What happened before a log was opened. */
export interface OpeningStory {
  readonly failure: string | undefined;
  readonly missedLines: number;
  /** The end of the log this sink wrote before. */
  readonly previous: ChainPosition | undefined;
}

/** The first line after opening: says how the log begins or goes on. */
export function openingLine(
  { position, damaged, findings }: DeviceStart,
  { failure, missedLines, previous }: OpeningStory,
): { readonly type: 'begin' | 'resumed' | 'recovered'; readonly members: Members } {
  const fresh = position.seq === 0;
  const wentWrong = damaged || missedLines > 0 || failure !== undefined;
  const before = fresh && previous !== undefined ? { previous } : {};
  return {
    type: fresh ? 'begin' : wentWrong ? 'recovered' : 'resumed',
    members: { failure, ...findings, ...before, missed_lines: missedLines },
  };
}

/** Appends as a promise, for what is not on the way of every request. */
export function appendBytes(
  device: { append(bytes: Buffer, done: (error?: unknown) => void): void },
  bytes: Buffer,
): Promise<void> {
  return new Promise((resolve, reject) => {
    device.append(bytes, (error) => (error === undefined ? resolve() : reject(error)));
  });
}
