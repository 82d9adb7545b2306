import type { Server, ServerOptions } from 'node:http';
import { createServer as createPlainServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { type Random, systemRandom } from '../../crypto/index.ts';
import { type Clock, StrongroomError } from '../../lib/index.ts';
import { Edge, type RefusalObserver, type RequestHandler } from './edge.ts';
import { defaultLimits, type ListenerLimits } from './limits.ts';
import type { ListenerLog } from './listener-log.ts';
import { findConnectionList } from './node-parser.ts';
import { handshakeOptions, loadTls, type TlsSettings } from './tls-settings.ts';
import type { TrustedProxies } from './trusted-proxies.ts';

export interface ListenerOptions {
  /** An address of this machine, not a name. */
  readonly address: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly tls?: TlsSettings | undefined;
  /** What is not given is as in `defaultLimits`. */
  readonly limits?: Partial<ListenerLimits> | undefined;
  readonly trustedProxies?: TrustedProxies | undefined;
  readonly handle: RequestHandler;
  readonly onRefused?: RefusalObserver | undefined;
  readonly clock: Clock;
  readonly log: ListenerLog;
  readonly random?: Random;
}

export interface Listener {
  readonly url: string;
  readonly address: string;
  readonly port: number;
  /** Reads certificate and key again for connections to come. Throws and keeps the old ones when the new do not work. */
  reloadTls(): Promise<void>;
  /** Stops accepting, closes idle connections at once, lets requests in flight finish, and ends what is left at the deadline. */
  stop(options: { readonly graceMillis: number }): Promise<void>;
}

function serverOptions(limits: ListenerLimits): ServerOptions {
  return {
    maxHeaderSize: limits.maxHeaderBytes,
    // Looked for at intervals: asked for early, so that it is not met late.
    headersTimeout: Math.max(1, limits.headerTimeoutMillis - limits.checkIntervalMillis),
    requestTimeout: limits.requestTimeoutMillis,
    keepAliveTimeout: limits.keepAliveMillis,
    connectionsCheckingInterval: limits.checkIntervalMillis,
    requireHostHeader: false,
    insecureHTTPParser: false,
    noDelay: true,
  };
}

function setLimits(server: Server, limits: ListenerLimits): void {
  server.maxConnections = limits.maxConnections;
  // Node drops fields past its count without a word: one more than allowed is kept, so that it can be refused.
  server.maxHeadersCount = limits.maxHeaderFields + 1;
}

async function listen(server: Server, address: string, port: number): Promise<AddressInfo> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: Error) =>
      reject(
        new StrongroomError('precondition_failed', `cannot listen on ${address} port ${port}`, {
          hint: 'another server may listen there; choose another port',
          cause,
        }),
      ),
    );
    server.listen({ host: address, port }, resolve);
  });
  server.removeAllListeners('error');
  return server.address() as AddressInfo;
}

/**
 * Opens a port. From then on every request that is well formed and within the limits reaches `handle`, with
 * `incoming.method` one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, LIST and SCAN and `incoming.url` in origin form;
 * everything else is answered here. Throws `precondition_failed` when the port or the TLS files cannot be used.
 */
export async function openListener(options: ListenerOptions): Promise<Listener> {
  const limits: ListenerLimits = { ...defaultLimits, ...options.limits };
  const { tls, log, clock, handle, trustedProxies } = options;
  const server: Server =
    tls === undefined
      ? createPlainServer(serverOptions(limits))
      : createTlsServer({
          ...serverOptions(limits),
          ...handshakeOptions(tls, limits.tlsHandshakeMillis),
          ...(await loadTls(tls)),
        });
  setLimits(server, limits);
  const random = options.random ?? systemRandom;
  const edge = new Edge({ limits, handle, onRefused: options.onRefused, clock, log, trustedProxies, random });
  const { address, port } = await listen(server, options.address, options.port);
  edge.attach(server, tls !== undefined, findConnectionList(server));
  server.on('error', (error: NodeJS.ErrnoException) =>
    log.error({ code: error.code }, 'the listener failed to accept'),
  );
  const host = address.includes(':') ? `[${address}]` : address;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${host}:${port}`,
    address,
    port,
    reloadTls: () => reloadTls(server, tls, log),
    stop: ({ graceMillis }) => stop(server, edge, graceMillis),
  };
}

async function reloadTls(server: Server, tls: TlsSettings | undefined, log: ListenerLog): Promise<void> {
  if (tls === undefined || !(server instanceof TlsServer)) return;
  try {
    (server as TlsServer).setSecureContext(await loadTls(tls));
    log.info({ certificateFile: tls.certificateFile }, 'TLS certificate and key read again');
  } catch (error) {
    const reason = error instanceof StrongroomError ? error.message : 'unknown';
    log.error({ certificateFile: tls.certificateFile, reason }, 'TLS certificate and key not replaced');
    throw error;
  }
}

const idleCheckMillis = 20;

async function stop(server: Server, edge: Edge, graceMillis: number): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  edge.stopping = true;
  edge.endIdle();
  const poll = setInterval(() => edge.endIdle(), idleCheckMillis);
  const deadline = setTimeout(() => edge.endAll(), graceMillis);
  await closed;
  clearInterval(poll);
  clearTimeout(deadline);
  edge.detach();
}
