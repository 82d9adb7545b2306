import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { type Clock, isJsonObject, type JsonObject, parseJson } from '../../../lib/index.ts';
import { lineTime } from '../lines/quote.ts';
import { firstChain } from '../sinks/file-tail.ts';
import { readBackwards, type Stretch } from './backward-reader.ts';
import { cursorText, readCursor } from './query-cursor.ts';
import { type AuditFilter, type PreparedFilter, prepareFilter } from './query-filter.ts';

export interface AuditQuery {
  /** Path of the log. */
  readonly file: string;
  readonly filter: AuditFilter;
  /** Events at most; 1 to 1000. */
  readonly limit: number;
  /** `next` of the answer before. */
  readonly after?: string | undefined;
  /** The broker's `hash`. */
  readonly hash: (text: string) => string;
  readonly clock: Clock;
  readonly budget?: Partial<QueryBudget> | undefined;
}

export interface QueryBudget {
  readonly timeMillis: number;
  readonly bytes: number;
}

export interface AuditQueryAnswer {
  /** Closing lines as in the log, newest first: each holds who asked, for what, and the outcome. */
  readonly events: readonly JsonObject[];
  /** Where to go on; undefined when the log was read to its start (or past `since`). */
  readonly next: string | undefined;
}

const defaultBudget: QueryBudget = { timeMillis: 1000, bytes: 268_435_456 };
const chunkBytes = 262_144;
const largestLimit = 1000;
/** Lines stand in the order they were written; a clock that was set back may put a newer time before an older one. */
const clockSlackMillis = 60_000;
const responseMark = Buffer.from('","type":"response"');
const timeOffset = '{"time":"'.length;
const timeLength = 24;
const eventLimits = { maxDepth: 100, maxSeparators: 2_000_000 };

/**
 * Searches a log from its end backwards. Each call reads for a bounded time and number of bytes; `next` goes on from
 * there, also when an answer holds fewer events than asked for. Lines are parsed only when they hold the bytes a match
 * must hold.
 * @throws StrongroomError `invalid_field` for a filter or cursor that is not valid; the system's error when the log
 *   cannot be read.
 */
export async function queryAuditLog(query: AuditQuery): Promise<AuditQueryAnswer> {
  const filter = prepareFilter(query.filter, query.hash);
  const handle = await open(query.file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    return await search(handle, query, filter);
  } finally {
    await handle.close();
  }
}

async function search(handle: FileHandle, query: AuditQuery, filter: PreparedFilter): Promise<AuditQueryAnswer> {
  const { size } = await handle.stat();
  const log = await firstChain(handle);
  if (log === undefined) return { events: [], next: undefined };
  const end = query.after === undefined ? size : readCursor(query.after, log, size);
  const budget = { ...defaultBudget, ...query.budget };
  const deadline = query.clock.monotonicMillis() + budget.timeMillis;
  const scan = new StretchScan(query, filter);
  let read = 0;
  for await (const stretch of readBackwards(handle, end, chunkBytes)) {
    const offset = scan.run(stretch);
    if (scan.done) return { events: scan.events, next: undefined };
    read += stretch.bytes.length;
    const full = scan.events.length >= scan.limit;
    const spent = read >= budget.bytes || query.clock.monotonicMillis() >= deadline;
    if ((full || spent) && offset > 0) return { events: scan.events, next: cursorText({ offset, log }) };
    if (full) break;
  }
  return { events: scan.events, next: undefined };
}

/** Looks through stretches of lines, newest line first. */
class StretchScan {
  readonly events: JsonObject[] = [];
  readonly limit: number;
  /** True when only lines older than `since` are left. */
  done = false;
  readonly #filter: PreparedFilter;
  readonly #since: string | undefined;
  readonly #stop: string | undefined;
  readonly #until: string | undefined;

  constructor({ filter, limit }: AuditQuery, prepared: PreparedFilter) {
    this.limit = Math.max(1, Math.min(largestLimit, Math.trunc(limit) || 1));
    this.#filter = prepared;
    this.#since = timeText(filter.sinceMillis, 0);
    this.#stop = timeText(filter.sinceMillis, -clockSlackMillis);
    this.#until = timeText(filter.untilMillis, 0);
  }

  /** Scans one stretch; answers the offset of the oldest line looked at. */
  run({ bytes, offset }: Stretch): number {
    if (!this.#mayMatch(bytes)) {
      this.#checkTime(bytes.subarray(0, bytes.indexOf(0x0a)));
      return offset;
    }
    let end = bytes.length - 1;
    while (end > 0) {
      const start = bytes.lastIndexOf(0x0a, end - 1) + 1;
      this.#line(bytes.subarray(start, end));
      if (this.done || this.events.length >= this.limit) return offset + start;
      end = start - 1;
    }
    return offset;
  }

  #mayMatch(bytes: Buffer): boolean {
    return this.#filter.needles.every((alternatives) => alternatives.some((needle) => bytes.includes(needle)));
  }

  #checkTime(line: Buffer): void {
    if (this.#stop === undefined) return;
    const from = line.indexOf(0x7b) + timeOffset;
    if (line.toString('latin1', from, from + timeLength) < this.#stop) this.done = true;
  }

  #line(line: Buffer): void {
    const from = line.indexOf(0x7b);
    const time = line.toString('latin1', from + timeOffset, from + timeOffset + timeLength);
    if (this.#stop !== undefined && time < this.#stop) {
      this.done = true;
      return;
    }
    if (this.#since !== undefined && time < this.#since) return;
    if (this.#until !== undefined && time >= this.#until) return;
    const mark = from + timeOffset + timeLength;
    if (!line.subarray(mark, mark + responseMark.length).equals(responseMark)) return;
    if (!this.#mayMatch(line)) return;
    const event = parseLine(line.subarray(from));
    if (event !== undefined && this.#filter.matches(event)) this.events.push(event);
  }
}

function timeText(millis: number | undefined, shiftMillis: number): string | undefined {
  if (millis === undefined) return undefined;
  // Times that RFC 3339 cannot write are beyond every line.
  const shifted = Math.min(Math.max(millis + shiftMillis, 0), 253_402_300_799_999);
  return lineTime(Math.trunc(shifted));
}

/** A line that is damaged is passed over; `verifyAuditLog` names it. */
function parseLine(line: Buffer): JsonObject | undefined {
  try {
    const event = parseJson(line.toString('utf8'), eventLimits);
    return isJsonObject(event) ? event : undefined;
  } catch {
    return undefined;
  }
}
