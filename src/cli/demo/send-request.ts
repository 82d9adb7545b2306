import { readFileSync } from 'node:fs';
import { request } from 'node:https';

export interface RequestOptions {
  /** '' sends none. */
  readonly token?: string;
  /** How the token is called where the command line is shown. */
  readonly tokenName?: string;
  readonly body?: unknown;
  /** Address the request comes from: another one of this machine's loopback addresses. */
  readonly localAddress?: string;
  /** Secrets that are shortened where the answer is shown. */
  readonly hide?: readonly string[];
}

export interface Reply {
  readonly status: number;
  readonly text: string;
  /** The body when it is JSON, else undefined. */
  readonly json: Record<string, unknown> | undefined;
}

const deadlineMillis = 15_000;
const maxAnswerBytes = 8_388_608;

/** One HTTPS request on a connection of its own. */
export function sendRequest(
  server: { readonly origin: string; readonly caFile: string },
  method: string,
  path: string,
  options: RequestOptions,
): Promise<Reply> {
  const body = options.body === undefined ? undefined : JSON.stringify(options.body);
  return new Promise((resolve, reject) => {
    const sent = request(
      `${server.origin}/v1/${path}`,
      {
        method,
        ca: readFileSync(server.caFile),
        minVersion: 'TLSv1.3',
        agent: false,
        timeout: deadlineMillis,
        headers: {
          ...(options.token && { 'x-vault-token': options.token }),
          ...(body !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
        },
        ...(options.localAddress !== undefined && { localAddress: options.localAddress }),
      },
      (answer) => {
        const chunks: Buffer[] = [];
        let size = 0;
        answer.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > maxAnswerBytes) answer.destroy(new Error('the answer is too large'));
          else chunks.push(chunk);
        });
        answer.on('error', reject);
        answer.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({ status: answer.statusCode ?? 0, text, json: parse(text) });
        });
      },
    );
    sent.on('timeout', () => sent.destroy(new Error('no answer in time')));
    sent.on('error', reject);
    sent.end(body);
  });
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
