import { IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { newUuid, type Random } from '../../crypto/index.ts';
import { type Clock, StrongroomError } from '../../lib/index.ts';
import { checkRequest, noTunnel, otherExpectation } from './check-request.ts';
import { Connection, connectionOf } from './connection.ts';
import { describeFault } from './describe-fault.ts';
import { resumeAtVerb } from './extra-verbs.ts';
import type { ListenerLimits } from './limits.ts';
import type { ListenerLog } from './listener-log.ts';
import type { ParseError } from './node-parser.ts';
import { refusalFor } from './parse-errors.ts';
import { endSoon, type Refusal, refuse } from './refusal.ts';
import { hasStalled, readsTooSlowly } from './slow-clients.ts';
import type { TrustedProxies } from './trusted-proxies.ts';

/** What answers requests: the application behind the edge. */
export type RequestHandler = (incoming: IncomingMessage, outgoing: ServerResponse) => unknown;

/** Told of requests that were understood and yet refused here, for the audit log. Never throws. */
export type RefusalObserver = (incoming: IncomingMessage, requestId: string, error: StrongroomError) => unknown;

export interface EdgeOptions {
  readonly limits: ListenerLimits;
  readonly handle: RequestHandler;
  readonly onRefused?: RefusalObserver | undefined;
  readonly clock: Clock;
  readonly log: ListenerLog;
  readonly trustedProxies: TrustedProxies | undefined;
  readonly random: Random;
}

const overloaded: Refusal = {
  status: 503,
  code: 'overloaded',
  message: 'too many requests are being worked on',
  hint: 'try again in a moment',
  fields: { 'Retry-After': '1' },
};

const dropNoticeMillis = 10_000;

/** Everything between one server's sockets and its handler. */
export class Edge {
  readonly #options: EdgeOptions;
  readonly #connections = new Set<Connection>();
  /** Sockets as accepted: under TLS those whose handshake is not over are here and not among the connections. */
  readonly #sockets = new Set<Socket>();
  #connectionList: object = {};
  #inFlight = 0;
  #sweep: NodeJS.Timeout | undefined;
  #lastDropNotice = Number.NEGATIVE_INFINITY;
  stopping = false;
  /** One function for all answers: nothing is made per request. */
  readonly #answered: (this: ServerResponse) => void;

  constructor(options: EdgeOptions) {
    this.#options = options;
    const onAnswered = (incoming: IncomingMessage): void => this.#onAnswered(incoming);
    this.#answered = function (this: ServerResponse) {
      onAnswered(this.req);
    };
  }

  /** Puts itself on a listening server's events. */
  attach(server: Server, encrypted: boolean, connectionList: object): void {
    this.#connectionList = connectionList;
    server.on('connection', (socket: Socket) => this.#onSocket(socket));
    server.on(encrypted ? 'secureConnection' : 'connection', (socket: Socket) => this.#onConnection(socket));
    server.on('request', (incoming, outgoing) => this.#onRequest(incoming, outgoing, false));
    server.on('checkContinue', (incoming, outgoing) => this.#onRequest(incoming, outgoing, true));
    server.on('checkExpectation', (incoming: IncomingMessage) =>
      this.#refuse(incoming.socket, otherExpectation, incoming),
    );
    server.on('connect', (incoming: IncomingMessage, socket: Socket) => {
      socket.on('error', () => undefined);
      this.#refuse(socket, noTunnel, incoming);
    });
    server.on('clientError', (error: Error, socket: Socket) => this.#onClientError(error, socket));
    server.on('drop', () => this.#onDrop());
    this.#sweep = setInterval(() => this.#endSlowClients(), this.#options.limits.checkIntervalMillis).unref();
  }

  detach(): void {
    clearInterval(this.#sweep);
  }

  /** Ends connections on which nothing is asked and nothing is owed; when none is left, handshakes too. */
  endIdle(): void {
    for (const { socket, inFlight, begun } of this.#connections) {
      if (inFlight === 0 && !begun) socket.destroySoon();
    }
    if (this.#connections.size === 0) this.endAll();
  }

  endAll(): void {
    for (const { socket } of this.#connections) socket.destroy();
    for (const socket of this.#sockets) socket.destroy();
  }

  #onSocket(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
  }

  #onConnection(socket: Socket): void {
    const connection = new Connection(socket, this.#options.trustedProxies);
    this.#connections.add(connection);
    socket.on('close', () => {
      this.#connections.delete(connection);
      this.#inFlight -= connection.inFlight;
      connection.inFlight = 0;
    });
  }

  #onRequest(incoming: IncomingMessage, outgoing: ServerResponse, asksToContinue: boolean): void {
    const connection = connectionOf(incoming.socket);
    if (connection === undefined || connection.refused) return;
    const { limits, handle } = this.#options;
    const refusal = checkRequest(incoming, limits) ?? (this.#inFlight >= limits.maxInFlight ? overloaded : undefined);
    if (refusal !== undefined) {
      this.#refuse(incoming.socket, refusal, incoming);
      return;
    }
    connection.inFlight += 1;
    this.#inFlight += 1;
    outgoing.on('close', this.#answered);
    if (this.stopping) outgoing.shouldKeepAlive = false;
    if (asksToContinue) outgoing.writeContinue();
    try {
      const result = handle(incoming, outgoing);
      if (result instanceof Promise) result.catch((error: unknown) => this.#onFault(error, outgoing));
    } catch (error) {
      this.#onFault(error, outgoing);
    }
  }

  #onAnswered(incoming: IncomingMessage): void {
    const connection = connectionOf(incoming.socket);
    // A destroyed socket gives back all it held by its own 'close'.
    if (connection === undefined || connection.socket.destroyed) return;
    connection.inFlight -= 1;
    this.#inFlight -= 1;
    if (!incoming.complete) endSoon(connection, this.#options.limits.lingerMillis, () => incoming.complete);
  }

  /** A handler that throws has a fault: the caller learns an id, the log the rest (HTTP-22). */
  #onFault(error: unknown, outgoing: ServerResponse): void {
    const id = newUuid(this.#options.random);
    this.#options.log.error({ requestId: id, ...describeFault(error) }, 'a request handler failed');
    if (outgoing.headersSent || outgoing.destroyed) {
      outgoing.destroy();
      return;
    }
    for (const name of outgoing.getHeaderNames()) outgoing.removeHeader(name);
    const hint = 'the server log has the reason under this request id';
    const body = `${JSON.stringify({ errors: ['internal error'], code: 'internal', hint, request_id: id })}\n`;
    outgoing.writeHead(500, {
      'Content-Type': 'application/json',
      'Cache-Control': 'no-store',
      'Content-Length': Buffer.byteLength(body),
    });
    outgoing.end(body);
  }

  #onClientError(error: ParseError, socket: Socket): void {
    const connection = connectionOf(socket);
    if (connection === undefined) {
      this.#options.log.debug({ code: error.code }, 'a TLS handshake failed');
      socket.destroy();
      return;
    }
    if (connection.refused) return;
    const left = resumeAtVerb(connection, error, this.#connectionList, this.#options.limits.maxHeaderBytes);
    if (left === undefined) return;
    const refusal = refusalFor(connection, left);
    const message = connection.begun ? undefined : (connection.parser.incoming as IncomingMessage | null);
    if (refusal === undefined) socket.destroy();
    else this.#refuse(socket, refusal, message !== null && message?.complete === false ? message : undefined);
  }

  #refuse(socket: Socket, refusal: Refusal, refused: IncomingMessage | undefined): void {
    const connection = connectionOf(socket);
    const { clock, limits } = this.#options;
    if (connection === undefined) {
      socket.destroy();
      return;
    }
    if (connection.refused) return;
    const requestId = newUuid(this.#options.random);
    const { code, message, hint } = refusal;
    // What never became a request is recorded as one without a path.
    const recorded = refused ?? new IncomingMessage(socket);
    this.#options.onRefused?.(recorded, requestId, new StrongroomError(code, message, { hint }));
    refuse(connection, refusal, { clock, requestId, lingerMillis: limits.lingerMillis }, refused);
  }

  #endSlowClients(): void {
    const { clock, limits } = this.#options;
    const now = clock.monotonicMillis();
    for (const connection of this.#connections) {
      if (readsTooSlowly(connection, now, limits) || hasStalled(connection, now, limits)) connection.socket.destroy();
    }
  }

  #onDrop(): void {
    const now = this.#options.clock.monotonicMillis();
    if (now - this.#lastDropNotice < dropNoticeMillis) return;
    this.#lastDropNotice = now;
    this.#options.log.warn(
      { maxConnections: this.#options.limits.maxConnections },
      'connections refused: too many are open',
    );
  }
}
