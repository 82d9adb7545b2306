import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';

export interface ReceivedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Objects are sent as JSON. */
  readonly body?: unknown;
}

export type Handler = (request: ReceivedRequest, index: number) => Reply | 'hang' | 'garbage' | 'break';

export interface Responder extends AsyncDisposable {
  readonly address: string;
  readonly port: number;
  readonly requests: ReceivedRequest[];
}

function send(response: http.ServerResponse, reply: Reply): void {
  const text = reply.body === undefined ? '' : typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body);
  response.writeHead(reply.status ?? (text === '' ? 204 : 200), {
    'content-type': 'application/json',
    ...reply.headers,
  });
  response.end(text);
}

/** A server on a free port of 127.0.0.1 that answers what the handler says and remembers what it was asked. */
export async function startResponder(handler: Handler, tls?: https.ServerOptions): Promise<Responder> {
  const requests: ReceivedRequest[] = [];
  const onRequest: http.RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const received = {
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      };
      const reply = handler(received, requests.push(received) - 1);
      if (reply === 'hang') return;
      if (reply === 'break') request.socket.destroy();
      else if (reply === 'garbage') request.socket.end(`NOT-HTTP ${received.headers['x-vault-token'] ?? ''}\r\n\r\n`);
      else send(response, reply);
    });
  };
  const server = tls === undefined ? http.createServer(onRequest) : https.createServer(tls, onRequest);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    requests,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A success envelope around `data`. */
export function envelope(data: unknown, more: Readonly<Record<string, unknown>> = {}): Reply {
  return {
    body: {
      request_id: '5e3fbb6d-1111-4222-8333-944455556666',
      lease_id: '',
      renewable: false,
      lease_duration: 0,
      data,
      wrap_info: null,
      warnings: null,
      auth: null,
      ...more,
    },
  };
}

/** A refusal as Strongroom writes it. */
export function refusal(status: number, code: string, message: string, hint?: string): Reply {
  return { status, body: { errors: [message], code, hint, request_id: '7a1fbb6d-1111-4222-8333-944455556666' } };
}
