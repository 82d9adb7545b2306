import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../lib/index.ts';
import type { RequestHandler } from './edge.ts';
import type { Listener, ListenerOptions } from './listener.ts';
import { openListener } from './listener.ts';
import type { ListenerLog } from './listener-log.ts';

/** For tests only: a listener on a free port of the loopback, and a client that writes the bytes it is told to. */
export interface TestListener {
  readonly listener: Listener;
  /** `VERB url body` of each request handed out, in order. */
  readonly seen: string[];
  readonly logged: string[];
}

/** A log whose lines can be searched. */
export function recordLog(lines: string[]): ListenerLog {
  const write = (fields: object, message: string): void => void lines.push(`${message} ${JSON.stringify(fields)}`);
  return { debug: write, info: write, warn: write, error: write };
}

/** Answers with the verb, the URL and the body; leaves a trace of them. */
export function echoInto(seen: string[]): RequestHandler {
  return async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const parts: Buffer[] = [];
    for await (const part of incoming) parts.push(part as Buffer);
    const line = [incoming.method, incoming.url, Buffer.concat(parts).toString()].join(' ').trimEnd();
    seen.push(line);
    outgoing.end(line);
  };
}

export async function openTest(options: Partial<ListenerOptions> = {}): Promise<TestListener> {
  const seen: string[] = [];
  const logged: string[] = [];
  const listener = await openListener({
    address: '127.0.0.1',
    port: 0,
    handle: echoInto(seen),
    clock: systemClock,
    log: recordLog(logged),
    ...options,
    limits: { checkIntervalMillis: 20, lingerMillis: 50, ...options.limits },
  });
  return { listener, seen, logged };
}

export interface Answer {
  readonly status: number;
  readonly fields: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A connection on which a test writes raw bytes and reads answers framed by Content-Length or chunks. */
export class RawClient {
  readonly socket: Socket;
  #received = Buffer.alloc(0);
  #wake: () => void = () => undefined;
  #ended = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => {
      this.#received = Buffer.concat([this.#received, bytes]);
      this.#wake();
    });
    for (const event of ['end', 'close', 'error']) {
      socket.on(event, () => {
        this.#ended = true;
        this.#wake();
      });
    }
  }

  static async open(listener: Listener, tls?: ConnectionOptions): Promise<RawClient> {
    const { address, port } = listener;
    const socket =
      tls === undefined
        ? connect({ host: address, port })
        : connectTls({ host: address, port, rejectUnauthorized: false, ...tls });
    await new Promise<void>((resolve, reject) => {
      socket.once(tls === undefined ? 'connect' : 'secureConnect', resolve);
      socket.once('error', reject);
    });
    return new RawClient(socket);
  }

  /** Writes each part so that the server reads it alone: two turns of the loop that both ends share lie between. */
  async write(...parts: readonly (string | Buffer)[]): Promise<void> {
    for (const part of parts) {
      await new Promise<void>((resolve) => this.socket.write(part, 'latin1', () => resolve()));
      for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async #until<T>(read: () => T | undefined): Promise<T | undefined> {
    for (;;) {
      const value = read();
      if (value !== undefined || this.#ended) return value;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** The next answer; undefined when the connection ended without one. */
  answer(): Promise<Answer | undefined> {
    return this.#until(() => this.#takeAnswer());
  }

  /** Everything answered until the server closes the connection. */
  async rest(): Promise<Answer[]> {
    const answers: Answer[] = [];
    for (let answer = await this.answer(); answer !== undefined; answer = await this.answer()) answers.push(answer);
    await this.#until(() => undefined);
    return answers;
  }

  async request(text: string): Promise<Answer | undefined> {
    await this.write(text);
    return this.answer();
  }

  #takeAnswer(): Answer | undefined {
    const end = this.#received.indexOf('\r\n\r\n');
    if (end === -1) return undefined;
    const [first = '', ...lines] = this.#received.toString('latin1', 0, end).split('\r\n');
    const fields = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    );
    const length = first.startsWith('HTTP/1.1 1') ? 0 : Number(fields['content-length'] ?? 0);
    const start = end + 4;
    if (this.#received.length < start + length) return undefined;
    const body = this.#received.toString('utf8', start, start + length);
    this.#received = this.#received.subarray(start + length);
    return { status: Number(first.split(' ')[1]), fields, body };
  }

  close(): void {
    this.socket.destroy();
  }
}

/** Development certificates in a folder of their own; made anew by each call. */
export function makeCertificates(): string {
  const folder = mkdtempSync(join(tmpdir(), 'strongroom-certs-'));
  execFileSync(fileURLToPath(new URL('../../../certs/make', import.meta.url)), [folder], { stdio: 'pipe' });
  return folder;
}
