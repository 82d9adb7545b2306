import type { Connection } from './connection.ts';
import { holdsParser, type ParseError, requestParser, strict } from './node-parser.ts';

/**
 * Node's parser knows a fixed list of verbs; LIST and SCAN, which Vault's clients send, are not among them. It stops at
 * the first byte that fits no verb it knows. Until then all framing was its own, so the place where it stops is the
 * start of a request line and never the inside of a body. The request line is given to it again with GET in the place
 * of the verb, and the request that comes out is given its own verb back before anybody sees it. Framing is never
 * tracked a second time here, so there are no two opinions of where a request ends (HTTP-10).
 */
interface ExtraVerb {
  readonly name: 'LIST' | 'SCAN';
  /** How many bytes the parser accepts before it stops: as many as begin a verb it knows (LINK, SEARCH). */
  readonly accepted: number;
  /** What can stand before those bytes in one unknown verb: UNLI(NK) makes UNLIST look like LIST. */
  readonly notAfter: readonly string[];
}

const extraVerbs: readonly ExtraVerb[] = [
  { name: 'LIST', accepted: 2, notAfter: ['UN'] },
  { name: 'SCAN', accepted: 1, notAfter: ['UN', 'M-', 'PO', 'OPTION'] },
];

export interface FoundVerb {
  readonly name: string;
  /** From the verb to the end of the packet. */
  readonly line: Buffer;
  /** False while bytes are missing to tell LIST from LISX. */
  readonly whole: boolean;
}

/**
 * Looks for LIST or SCAN at the place where the parser stopped: `stopped` is the offset in `packet` of the refused byte,
 * `tail` what came directly before the packet if the request began there.
 */
export function findVerb(tail: Buffer, packet: Buffer, stopped: number): FoundVerb | undefined {
  for (const verb of extraVerbs) {
    const start = stopped - verb.accepted;
    if (start < -tail.length) continue;
    const line = start >= 0 ? packet.subarray(start) : Buffer.concat([tail.subarray(start), packet]);
    const fit = fitVerb(verb.name, line);
    if (fit === undefined || line.length <= verb.accepted) continue;
    const before = precedingText(tail, packet, start);
    if (verb.notAfter.some((text) => before.endsWith(text))) return undefined;
    return { name: verb.name, line, whole: fit };
  }
  return undefined;
}

function precedingText(tail: Buffer, packet: Buffer, start: number): string {
  const near = start > 0 ? packet.toString('latin1', Math.max(0, start - 8), start) : '';
  return start >= 8 ? near : tail.toString('latin1', 0, Math.max(0, tail.length + Math.min(0, start))) + near;
}

/** True when the line starts with the verb and its space, false when it may still come to, undefined when it cannot. */
function fitVerb(name: string, line: Buffer): boolean | undefined {
  const wanted = `${name} `;
  const text = line.toString('latin1', 0, wanted.length);
  return wanted.startsWith(text) ? text.length === wanted.length : undefined;
}

function matchHeld(held: Buffer, packet: Buffer): FoundVerb | undefined {
  const line = Buffer.concat([held, packet]);
  for (const { name } of extraVerbs) {
    const whole = fitVerb(name, line);
    if (whole !== undefined) return { name, line, whole };
  }
  return undefined;
}

/**
 * Takes up a connection whose parser stopped at LIST or SCAN. Answers undefined when it did, or else the error that the
 * bytes deserve.
 */
export function resumeAtVerb(
  connection: Connection,
  error: ParseError,
  connections: object,
  maxHeaderBytes: number,
): ParseError | undefined {
  const packet = error.rawPacket;
  if (error.code !== 'HPE_INVALID_METHOD' || packet === undefined || packet.length === 0) return error;
  const { held, parser, tail } = connection;
  if (!parser._consumed || !holdsParser(connection.socket, parser)) return error;
  connection.held = undefined;
  let found = held === undefined ? findVerb(tail, packet, error.bytesParsed ?? 0) : matchHeld(held, packet);
  if (found === undefined) return error;
  connection.forgetTail();
  while (found !== undefined) {
    if (!found.whole) {
      connection.held = Buffer.from(found.line);
      return undefined;
    }
    const bytes = writeGet(found.line);
    connection.verb = found.name;
    restartParser(connection, connections, maxHeaderBytes);
    const result = parser.execute(bytes);
    if (!holdsParser(connection.socket, parser)) return undefined;
    if (!(result instanceof Error)) {
      connection.remember(() => bytes);
      connection.executed(result);
      return undefined;
    }
    Object.assign(result, { rawPacket: bytes });
    found =
      result.code === 'HPE_INVALID_METHOD' ? findVerb(tail.subarray(0, 0), bytes, result.bytesParsed ?? 0) : undefined;
    if (found === undefined) return result;
  }
  return undefined;
}

/** Both verbs have four letters: GET takes the last three places, and the line starts one byte later. No copy. */
function writeGet(line: Buffer): Buffer {
  line.write('GET', 1, 'latin1');
  return line.subarray(1);
}

/** Clears the parser's error. It leaves the server's list first: the list is sorted by a time that starting changes. */
function restartParser(connection: Connection, connections: object, maxHeaderBytes: number): void {
  const { parser, socket } = connection;
  parser.remove();
  parser.initialize(requestParser, { type: 'HTTPINCOMINGMESSAGE', socket }, maxHeaderBytes, strict, connections);
}
