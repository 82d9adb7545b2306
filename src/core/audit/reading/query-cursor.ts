import { StrongroomError } from '../../../lib/index.ts';

/** Where a query goes on: everything before `offset` is still to be read, in the log that starts with `log`. */
export interface QueryCursor {
  readonly offset: number;
  readonly log: string;
}

export function cursorText({ offset, log }: QueryCursor): string {
  return `${offset}-${log.slice(0, 16)}`;
}

/**
 * Reads a cursor that came back.
 * @throws StrongroomError `invalid_field` when it is not one of ours or belongs to a log that was moved away.
 */
export function readCursor(text: string, log: string, size: number): number {
  const match = /^(0|[1-9]\d{0,14})-([0-9a-f]{16})$/.exec(text);
  const offset = Number(match?.[1]);
  if (match === null || match[2] !== log.slice(0, 16) || offset > size) {
    throw new StrongroomError('invalid_field', 'the cursor is not valid for this audit log', {
      hint: 'start again without "after": the log may have been rotated',
    });
  }
  return offset;
}
