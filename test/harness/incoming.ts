import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';

export interface SentRequest {
  readonly method: string;
  /** Path and query as on the wire, beginning with `/`. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** A request as Node's parser would hand it over, without a socket behind it. */
export function incomingMessage(sent: SentRequest): IncomingMessage {
  const incoming = new IncomingMessage(new Socket());
  incoming.method = sent.method;
  incoming.url = sent.url;
  for (const [name, value] of Object.entries(sent.headers ?? {})) incoming.headers[name.toLowerCase()] = value;
  if (sent.body !== undefined) incoming.push(sent.body);
  incoming.push(null);
  incoming.complete = true;
  return incoming;
}
