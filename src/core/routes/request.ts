import type { JsonObject } from '../../lib/index.ts';
import type { Mount } from '../mounts/index.ts';
import type { Operation } from '../policies/index.ts';
import type { Principal } from '../principals/index.ts';

/** Where a request comes from. */
export interface Connection {
  /** Canonical address of the client, from the socket or a trusted proxy. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly encrypted: boolean;
  /** Certificates the client presented in the TLS handshake, its own first, as DER; empty when none. Not verified. */
  readonly clientCertificates: () => readonly Buffer[];
}

/** What an engine's handler is given. */
export interface EngineRequest<Values = Readonly<Record<string, unknown>>> {
  /** The request id, as in the answer and the audit log. */
  readonly id: string;
  readonly operation: Operation;
  /** Canonical path without `/v1/`, and what of it lies below the mount. */
  readonly path: string;
  readonly relativePath: string;
  readonly namespace: string;
  readonly mount: Mount;
  readonly fields: Values;
  /** The JSON body as sent (POST, PATCH); for routes with `openBody`. */
  readonly body: JsonObject;
  /** The body's bytes; only for routes with `rawBody`. */
  readonly bytes: Buffer | undefined;
  /** Who calls; undefined on public routes. */
  readonly principal: Principal | undefined;
  readonly connection: Connection;
  /** A request header by lower-case name. */
  readonly header: (name: string) => string | undefined;
  /** The time by which this request is judged. */
  readonly nowMillis: number;
  /** Seconds asked for in `X-Vault-Wrap-TTL`. */
  readonly wrapTtlSeconds: number | undefined;
  /** Adds a warning to the answer. */
  readonly warn: (text: string) => void;
}

/** The caller of a route that is not public: the pipeline has made sure of it. */
export function requirePrincipal(request: EngineRequest<unknown>): Principal {
  if (!request.principal) throw new TypeError('a public route has no principal');
  return request.principal;
}
