import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { StrongroomError } from '../../lib/index.ts';

/**
 * The parts of Node's HTTP server that are not in its documentation and that this room stands on. They are all here,
 * and `findConnectionList` and `parserOf` look whether they are as expected: with a Node that has them no more the
 * listener does not open, instead of working halfway.
 */
export interface NodeParser {
  onIncoming: (incoming: IncomingVerb, keepAlive: boolean) => number;
  /** False when something reads the socket past the parser. */
  readonly _consumed: boolean;
  readonly incoming: { readonly complete: boolean } | null;
  initialize(type: number, resource: object, maxHeaderBytes: number, lenience: number, connections: object): void;
  remove(): void;
  execute(bytes: Uint8Array): number | ParseError;
  getCurrentBuffer(): Buffer;
  [callback: number]: ((result: number | Error) => void) | null;
}

interface IncomingVerb {
  method?: string;
}

/** What `clientError` is told and `execute` answers when bytes are not HTTP. */
export interface ParseError extends Error {
  readonly code?: string;
  /** Offset in the packet of the byte that was refused. */
  readonly bytesParsed?: number;
  readonly rawPacket?: Buffer;
}

/** Positions of the parser's call-backs on the parser object. */
export interface ParserSlots {
  readonly messageBegin: number;
  readonly execute: number;
}

export const requestParser = 1;
/** llhttp without any of its leniencies. */
export const strict = 0;

const connectionsSymbolName = 'http.server.connections';

function refuse(what: string): never {
  throw new StrongroomError('internal', `this version of Node.js is not supported: ${what}`, {
    hint: 'run the Node.js version named in package.json',
  });
}

/** The list in which a listening server keeps its parsers and by which it enforces deadlines. */
export function findConnectionList(server: Server): object {
  const symbol = Object.getOwnPropertySymbols(server).find((one) => one.description === connectionsSymbolName);
  const list: unknown = symbol && Reflect.get(server, symbol);
  return typeof list === 'object' && list !== null ? list : refuse('no list of connections');
}

/** The parser that Node attached to a fresh connection. */
export function parserOf(socket: Socket): NodeParser {
  const parser: unknown = Reflect.get(socket, 'parser');
  if (typeof parser !== 'object' || parser === null) return refuse('no parser on the socket');
  for (const name of ['initialize', 'remove', 'execute', 'getCurrentBuffer', 'onIncoming']) {
    if (typeof Reflect.get(parser, name) !== 'function') refuse(`no parser.${name}`);
  }
  return parser as NodeParser;
}

/** Where the call-backs are, read from the parser's class. */
export function slotsOf(parser: NodeParser): ParserSlots {
  const kind = parser.constructor;
  const messageBegin: unknown = Reflect.get(kind, 'kOnMessageBegin');
  const execute: unknown = Reflect.get(kind, 'kOnExecute');
  if (typeof messageBegin !== 'number' || typeof execute !== 'number') return refuse('no parser call-backs');
  if (Reflect.get(kind, 'REQUEST') !== requestParser) return refuse('another kind of parser');
  return { messageBegin, execute };
}

/** True while the parser still belongs to the socket: Node takes it away when the socket closes. */
export function holdsParser(socket: Socket, parser: NodeParser): boolean {
  return !socket.destroyed && Reflect.get(socket, 'parser') === parser;
}

/** The response that is being sent on this socket; those of later pipelined requests wait behind it. */
export function currentResponse(socket: Socket): ServerResponse | undefined {
  return (Reflect.get(socket, '_httpMessage') as ServerResponse | null | undefined) ?? undefined;
}
