import http from 'node:http';
import https from 'node:https';
import type { SecretText } from '../lib/index.ts';
import type { ServerAddress } from './address.ts';
import { ConnectionError, connectionErrorOf } from './connection-error.ts';

export interface TransportOptions {
  readonly address: ServerAddress;
  readonly timeoutSeconds: number;
  readonly maxAnswerBytes: number;
  /** PEM texts. */
  readonly caCert?: string;
  readonly clientCert?: string;
  readonly clientKey?: SecretText;
  readonly insecureSkipVerify: boolean;
}

export interface Exchange {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
  readonly signal: AbortSignal | undefined;
}

export interface ReceivedAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly bytes: Buffer;
}

export interface Transport {
  /** Sends one request and reads the whole answer, within the limits. Throws `ConnectionError` alone. */
  exchange(request: Exchange): Promise<ReceivedAnswer>;
  /** Ends the idle connections. */
  close(): void;
}

const maxSockets = 64;

function makeAgent(options: TransportOptions): http.Agent {
  if (!options.address.secure) return new http.Agent({ keepAlive: true, maxSockets });
  return new https.Agent({
    keepAlive: true,
    maxSockets,
    minVersion: 'TLSv1.2',
    // Said outright, so that NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment changes nothing.
    rejectUnauthorized: !options.insecureSkipVerify,
    ...(options.caCert === undefined ? {} : { ca: options.caCert }),
    ...(options.clientCert === undefined ? {} : { cert: options.clientCert }),
    ...(options.clientKey === undefined ? {} : { key: options.clientKey.insecureText() }),
  });
}

/** A stale kept-alive connection may have been closed under a request that was then never read. */
function mayRepeat(request: Exchange, sent: http.ClientRequest, error: unknown): boolean {
  const reset = typeof error === 'object' && error !== null && 'code' in error && error.code === 'ECONNRESET';
  return reset && sent.reusedSocket && (request.method === 'GET' || request.method === 'HEAD');
}

function readAll(answer: http.IncomingMessage, maxBytes: number, done: (bytes: Buffer | undefined) => void): void {
  const chunks: Buffer[] = [];
  let size = 0;
  answer.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > maxBytes) return done(undefined);
    chunks.push(chunk);
  });
  answer.on('end', () => done(Buffer.concat(chunks)));
}

export function createTransport(options: TransportOptions): Transport {
  const agent = makeAgent(options);
  const { address } = options;

  const attempt = (request: Exchange, repeatable: boolean): Promise<ReceivedAnswer> => {
    const named = `${request.method} ${address.origin}${request.target.split('?', 1)[0]}`;
    return new Promise((resolve, reject) => {
      const send = address.secure ? https.request : http.request;
      const outgoing = send({
        agent,
        host: address.hostname,
        port: address.port,
        method: request.method,
        path: request.target,
        headers: request.headers,
        ...(request.signal === undefined ? {} : { signal: request.signal }),
      });
      let settled = false;
      const fail = (error: ConnectionError): void => {
        settled = true;
        clearTimeout(timer);
        outgoing.destroy();
        reject(error);
      };
      const timer = setTimeout(() => fail(new ConnectionError('timed_out', named)), options.timeoutSeconds * 1000);
      const failFrom = (error: unknown): void => {
        if (settled) return;
        settled = true;
        clearTimeout(timer);
        if (repeatable && mayRepeat(request, outgoing, error)) attempt(request, false).then(resolve, reject);
        else reject(connectionErrorOf(error, named));
      };
      outgoing.on('error', failFrom);
      outgoing.on('response', (answer) => {
        answer.on('error', failFrom);
        readAll(answer, options.maxAnswerBytes, (bytes) => {
          if (bytes === undefined) return fail(new ConnectionError('answer_too_large', named));
          settled = true;
          clearTimeout(timer);
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, bytes });
        });
      });
      outgoing.end(request.body);
    });
  };

  return {
    exchange: (request) => attempt(request, true),
    close: () => agent.destroy(),
  };
}
