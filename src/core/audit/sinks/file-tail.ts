import type { FileHandle } from 'node:fs/promises';
import { equalSecrets, type MacKey, streamingDigest } from '../../../crypto/index.ts';
import { sinkRefused } from '../audit-error.ts';
import { type ChainPosition, chainStart, type LineSeal, readSeal } from '../lines/chain.ts';

const newline = 0x0a;
const firstWindow = 1_048_576;
const largestWindow = 67_108_864;

/** The end of an existing log. */
export interface LogTail {
  /** The newest line with a MAC: the end of the last group that was written whole. */
  readonly position: ChainPosition;
  /** Length of the log up to there, in bytes. */
  readonly wholeBytes: number;
  /** What follows: a group cut short by a crash, or what somebody appended. None of it was ever acknowledged. */
  readonly tornBytes: number;
  readonly tornLines: number;
  readonly tornDigest: string | undefined;
  /** The newest MAC was made with our key. */
  readonly endProven: boolean;
}

/** Did the server's own key make this MAC? */
export function macHolds(key: MacKey, seal: Pick<LineSeal, 'chain' | 'mac'>): boolean {
  return seal.mac !== undefined && equalSecrets(key.bytes(seal.chain), Buffer.from(seal.mac, 'hex'));
}

async function readRange(handle: FileHandle, from: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, from + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}

async function digestRange(handle: FileHandle, from: number, to: number): Promise<string> {
  const digest = streamingDigest('sha256');
  for (let offset = from; offset < to; offset += firstWindow) {
    digest.update(await readRange(handle, offset, Math.min(firstWindow, to - offset)));
  }
  return digest.finish().toString('hex');
}

interface PlacedLine {
  readonly bytes: Buffer;
  /** Offset after its newline. */
  readonly end: number;
}

/** Whole lines of a window, oldest first. A window that does not begin at the file's start loses its first part. */
function wholeLines(window: Buffer, offset: number): PlacedLine[] {
  const lines: PlacedLine[] = [];
  let from = offset === 0 ? 0 : window.indexOf(newline) + 1;
  for (let end = window.indexOf(newline, from); end !== -1; end = window.indexOf(newline, from)) {
    lines.push({ bytes: window.subarray(from, end), end: offset + end + 1 });
    from = end + 1;
  }
  return lines;
}

/**
 * Reads the end of a log: where its last whole group ends, and whether that is the server's own. Reads no more than it
 * needs.
 * @throws StrongroomError `invalid_request` when the file does not end as an audit log does: a server must not write
 *   into a file of another kind.
 */
export async function readTail(handle: FileHandle, key: MacKey): Promise<LogTail> {
  const { size } = await handle.stat();
  for (let windowSize = firstWindow; ; windowSize *= 4) {
    const from = Math.max(0, size - windowSize);
    const lines = wholeLines(await readRange(handle, from, size - from), from);
    const seals = lines.map(({ bytes }) => readSeal(bytes));
    const proof = seals.findLastIndex((seal) => seal?.mac !== undefined);
    const seal = seals[proof];
    if (seal !== undefined)
      return await describe(handle, size, seal, lines[proof] as PlacedLine, lines.length - 1 - proof, key);
    if (from === 0) return await describeStart(handle, size, lines.length);
    if (windowSize >= largestWindow) throw foreign();
  }
}

async function describe(
  handle: FileHandle,
  size: number,
  seal: LineSeal,
  line: PlacedLine,
  tornLines: number,
  key: MacKey,
): Promise<LogTail> {
  return {
    position: { seq: seal.seq, chain: seal.chain },
    wholeBytes: line.end,
    tornBytes: size - line.end,
    tornLines,
    tornDigest: size === line.end ? undefined : await digestRange(handle, line.end, size),
    endProven: macHolds(key, seal),
  };
}

/** A file without a MAC: empty, or its very first line was cut short. Anything else is not ours to write to. */
async function describeStart(handle: FileHandle, size: number, lineCount: number): Promise<LogTail> {
  if (lineCount > 0) throw foreign();
  if (size > 0 && !looksLikeBegin(await readRange(handle, 0, Math.min(size, 512)))) throw foreign();
  const tornDigest = size === 0 ? undefined : await digestRange(handle, 0, size);
  return { position: chainStart, wholeBytes: 0, tornBytes: size, tornLines: 0, tornDigest, endProven: true };
}

const beginTemplate = '{"time":"........................","type":"begin"';

/** Is this the start of a first line, as far as it goes? */
function looksLikeBegin(start: Buffer): boolean {
  const text = start.toString('latin1');
  const from = text.indexOf('{');
  if (from === -1 || !/^[\x20-\x7e]*$/.test(text.slice(0, from))) return false;
  const known = text.slice(from, from + beginTemplate.length);
  return [...known].every((character, index) =>
    beginTemplate[index] === '.' ? /[\dTZ:.-]/.test(character) : beginTemplate[index] === character,
  );
}

function foreign(): Error {
  return sinkRefused('the file does not end as an audit log does', 'move it away, or name another file');
}

/** Chain value of the log's first line; undefined when the log is empty or starts otherwise. */
export async function firstChain(handle: FileHandle): Promise<string | undefined> {
  const start = await readRange(handle, 0, 65_536);
  const end = start.indexOf(newline);
  return end === -1 ? undefined : readSeal(start.subarray(0, end))?.chain;
}
