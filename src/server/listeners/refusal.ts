import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Clock, ErrorCode } from '../../lib/index.ts';
import type { Connection } from './connection.ts';
import { currentResponse } from './node-parser.ts';

/** An answer that the edge gives by itself. The connection ends with it. */
export interface Refusal {
  readonly status: number;
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
  readonly fields?: Readonly<Record<string, string>>;
}

function render(refusal: Refusal, clock: Clock, requestId: string, withoutBody: boolean): string {
  const { status, code, message, hint, fields } = refusal;
  const body = `${JSON.stringify({ errors: [message], code, hint, request_id: requestId })}\n`;
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Refused'}`,
    'Content-Type: application/json',
    'Cache-Control: no-store',
    `Date: ${new Date(clock.nowMillis()).toUTCString()}`,
    ...Object.entries(fields ?? {}).map(([name, value]) => `${name}: ${value}`),
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  return `${head.join('\r\n')}\r\n\r\n${withoutBody ? '' : body}`;
}

/**
 * Refuses a request and ends its connection. Answers owed to earlier requests of the connection are sent first; requests
 * behind the refused one are never handed out. `refused` is the request's message, when it came as far as having one.
 */
export function refuse(
  connection: Connection,
  refusal: Refusal,
  context: { readonly clock: Clock; readonly requestId: string; readonly lingerMillis: number },
  refused?: IncomingMessage,
): void {
  if (connection.refused) return;
  connection.refused = true;
  const text = render(refusal, context.clock, context.requestId, refused?.method === 'HEAD');
  const send = (): void => {
    const { socket } = connection;
    if (socket.destroyed) return;
    const current = currentResponse(socket);
    if (current !== undefined && current.req !== refused) {
      current.once('close', send);
      return;
    }
    if (!socket.writable || current?.headersSent === true) {
      socket.destroy();
      return;
    }
    socket.end(text);
    refused?.resume();
    endSoon(connection, context.lingerMillis);
  };
  send();
}

/**
 * Ends a connection whose client may still be sending. Closing at once would make the kernel answer those bytes with a
 * reset, and the client would lose the answer it has not read (RFC 9112 9.6).
 */
export function endSoon(connection: Connection, lingerMillis: number, unless?: () => boolean): void {
  const { socket } = connection;
  const timer = setTimeout(() => {
    if (unless?.() !== true) socket.destroy();
  }, lingerMillis);
  timer.unref();
  socket.once('close', () => clearTimeout(timer));
}
