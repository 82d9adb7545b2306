/** What one listener lets a client take. Times in milliseconds, sizes in bytes. */
export interface ListenerLimits {
  /** Request line and fields together. More is 431 (414 when the request line alone is too long). */
  readonly maxHeaderBytes: number;
  readonly maxHeaderFields: number;
  readonly maxUrlBytes: number;
  readonly maxQueryParameters: number;
  /** A declared length above this is refused before the handler sees the request; bodies in chunks are counted by who reads them. */
  readonly maxBodyBytes: number;
  /** From the first byte of a request (or from accepting the connection) to the end of its fields. */
  readonly headerTimeoutMillis: number;
  /** From the first byte of a request to the last of its body. */
  readonly requestTimeoutMillis: number;
  /** Silence allowed between two requests of a connection. */
  readonly keepAliveMillis: number;
  /** Silence allowed in the middle of an exchange: longer than the longest request may run. */
  readonly stallMillis: number;
  readonly tlsHandshakeMillis: number;
  /** A client that reads its answer slower than `minReadBytes` in `readWindowMillis` is closed. */
  readonly readWindowMillis: number;
  readonly minReadBytes: number;
  /** How long what a refused client still sends is read and thrown away, so that it can read the refusal. */
  readonly lingerMillis: number;
  /** How often slow clients are looked for. Every deadline above may be late by this much, the header deadline is not. */
  readonly checkIntervalMillis: number;
  readonly maxConnections: number;
  readonly maxInFlight: number;
}

export const defaultLimits: ListenerLimits = {
  maxHeaderBytes: 16 * 1024,
  maxHeaderFields: 100,
  maxUrlBytes: 8 * 1024,
  maxQueryParameters: 100,
  maxBodyBytes: 32 * 1024 * 1024,
  headerTimeoutMillis: 30_000,
  requestTimeoutMillis: 60_000,
  keepAliveMillis: 75_000,
  stallMillis: 120_000,
  tlsHandshakeMillis: 10_000,
  readWindowMillis: 60_000,
  minReadBytes: 60 * 1024,
  lingerMillis: 1_000,
  checkIntervalMillis: 500,
  maxConnections: 16_384,
  maxInFlight: 4_096,
};
