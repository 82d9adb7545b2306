import type { ServerResponse } from 'node:http';

/** An answer as it goes out. */
export interface WireAnswer {
  readonly status: number;
  /** Names in lower case; without the content length. */
  readonly headers: Readonly<Record<string, string>>;
  /** Null: no body at all, not even an empty one. */
  readonly body: string | Uint8Array | null;
}

/** Writes headers and body in one piece: one system call an answer. */
export function sendAnswer(outgoing: ServerResponse, { status, headers, body }: WireAnswer): void {
  if (body === null) {
    outgoing.writeHead(status, headers);
    outgoing.end();
    return;
  }
  const size = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength;
  outgoing.writeHead(status, { ...headers, 'content-length': size });
  outgoing.end(body);
}
