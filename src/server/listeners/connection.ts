import type { Socket } from 'node:net';
import { canonicalAddress } from '../../lib/index.ts';
import { type NodeParser, type ParserSlots, parserOf, slotsOf } from './node-parser.ts';
import type { TrustedProxies } from './trusted-proxies.ts';

const nothing = Buffer.alloc(0);
/** The longest verb is shorter: enough to recognise a verb that came in several packets. */
const tailBytes = 16;
const key = Symbol('strongroom.connection');

type Keyed = Socket & { [key]?: Connection };

/** What the edge remembers of one connection, from accepting it to its end. */
export class Connection {
  readonly socket: Socket;
  readonly parser: NodeParser;
  readonly trustedProxies: TrustedProxies | undefined;
  /** Taken at the start: a closed socket no longer knows it, the audit still wants it. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Requests handed out and not yet answered. */
  inFlight = 0;
  /** A request has begun and its fields have not ended. */
  begun = false;
  /** The last bytes received, while `begun` at the end of a packet. */
  tail: Buffer = nothing;
  /** While `begun`: whether an earlier packet ended the request line. */
  lineEnded = false;
  /** A request line that may become LIST or SCAN; the parser stands in its error until more bytes decide. */
  held: Buffer | undefined;
  /** The verb that replaces the GET which the parser is reading. */
  verb: string | undefined;
  /** The last answer of this connection has been decided: nothing more is handed out. */
  refused = false;
  /** Since when, and at which count of bytes sent, the client has not read all there is. */
  unread: { readonly sinceMillis: number; readonly sentBytes: number } | undefined;
  /** Since when, with a request in flight, no byte has moved. */
  movement: { readonly sinceMillis: number; readonly movedBytes: number } | undefined;
  /** Cached by `describeConnection`. */
  facts: object | undefined;
  readonly #slots: ParserSlots;
  readonly #execute: (result: number | Error) => void;

  constructor(socket: Socket, trustedProxies: TrustedProxies | undefined) {
    this.socket = socket;
    this.trustedProxies = trustedProxies;
    this.remoteAddress = canonicalAddress(socket.remoteAddress ?? '');
    this.remotePort = socket.remotePort ?? 0;
    this.parser = parserOf(socket);
    this.#slots = slotsOf(this.parser);
    this.#execute = this.parser[this.#slots.execute] ?? (() => undefined);
    this.#watch();
    (socket as Keyed)[key] = this;
  }

  /** Tells Node's server what the parser answered to bytes that it was given by hand. */
  executed(result: number): void {
    this.#execute(result);
  }

  /** Looks at a packet that the parser has taken in whole. */
  remember(packet: () => Buffer): void {
    if (this.begun) {
      const bytes = packet();
      this.lineEnded = bytes.includes(0x0a) || (this.tail.length > 0 && this.lineEnded);
      this.tail = Buffer.concat([this.tail, bytes.subarray(-tailBytes)]).subarray(-tailBytes);
    } else if (this.tail.length > 0) {
      this.forgetTail();
    }
  }

  forgetTail(): void {
    this.tail = nothing;
    this.lineEnded = false;
  }

  #watch(): void {
    const parser = this.parser;
    const incoming = parser.onIncoming;
    const packet = (): Buffer => parser.getCurrentBuffer();
    parser[this.#slots.messageBegin] = () => {
      this.begun = true;
    };
    parser.onIncoming = (message, keepAlive) => {
      this.begun = false;
      if (this.verb !== undefined) {
        message.method = this.verb;
        this.verb = undefined;
      }
      return incoming(message, keepAlive);
    };
    parser[this.#slots.execute] = (result) => {
      if (typeof result === 'number') this.remember(packet);
      this.#execute(result);
    };
  }
}

/** The connection a request came on; undefined for a socket that no listener of ours accepted. */
export function connectionOf(socket: Socket): Connection | undefined {
  return (socket as Keyed)[key];
}
