import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const startDeadlineMillis = 20_000;
const stopDeadlineMillis = 15_000;

export interface ServerOptions {
  /** The audit stanza; a file beside the data where absent. */
  readonly audit?: string;
  /** No file grows beyond this, as on a full disk, until `liftFileLimit`. */
  readonly fileLimitBytes?: number;
  /** Further stanzas, made for the server's folder. */
  readonly stanzas?: (folder: string) => string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Reply {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers freely
  readonly json: any;
}

/** A server as an operator runs it: a process of its own with TLS, SQLite, a file audit log and key shares. */
export class ServerProcess {
  readonly folder: string;
  readonly address: string;
  readonly caFile: string;
  readonly auditFile: string;
  readonly configFile: string;
  readonly #ca: Buffer;
  readonly #agent: Agent;
  #child: ChildProcess;
  #log = '';

  readonly #options: ServerOptions;

  private constructor(folder: string, port: number, configFile: string, options: ServerOptions) {
    this.#options = options;
    this.folder = folder;
    this.address = `https://127.0.0.1:${port}`;
    this.caFile = join(folder, 'tls', 'root.pem');
    this.auditFile = join(folder, 'audit.log');
    this.configFile = configFile;
    this.#ca = readFileSync(this.caFile);
    this.#agent = new Agent({ ca: this.#ca, keepAlive: true, maxSockets: 64 });
    // Where the test process is ended before its last hook, the server ends with it.
    process.once('exit', () => this.#child.kill('SIGKILL'));
    this.#child = this.#spawn();
  }

  #spawn(): ChildProcess {
    const { fileLimitBytes, env } = this.#options;
    const server = [join(root, 'bin', 'strongroom'), 'server', `-config=${this.configFile}`];
    // A write beyond the limit is to fail as on a full disk, not to end the process by its signal.
    const limited = ['prlimit', `--fsize=${fileLimitBytes}:`, 'sh', '-c', 'trap "" XFSZ; exec "$@"', 'sh', ...server];
    const [command = '', ...args] = fileLimitBytes === undefined ? server : limited;
    const child = spawn(command, args, {
      cwd: this.folder,
      // Nothing of the developer's: a VAULT_… variable of theirs would change what is proved.
      env: { PATH: process.env['PATH'], HOME: this.folder, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.on('error', (error) => {
      this.#log += `the server could not be run: ${error.message}\n`;
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#log += text;
      });
    }
    return child;
  }

  static async start(options: ServerOptions = {}): Promise<ServerProcess> {
    const folder = mkdtempSync(join(tmpdir(), 'strongroom-server-'));
    try {
      await run(join(root, 'certs', 'make'), [join(folder, 'tls')]);
    } catch (cause) {
      rmSync(folder, { recursive: true, force: true });
      throw new Error('certs/make made no certificates; where OpenSSL is missing, run scripts/setup --for=test', {
        cause,
      });
    }
    const port = await freePort();
    const configFile = join(folder, 'server.hcl');
    writeFileSync(configFile, configuration(folder, port, options), { mode: 0o600 });
    const server = new ServerProcess(folder, port, configFile, options);
    try {
      await server.#untilItAnswers();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  /** All that the server wrote to its standard output and standard error. */
  get log(): string {
    return this.#log;
  }

  readAudit(): string {
    return readFileSync(this.auditFile, 'utf8');
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** One request over a connection that is kept alive; rejects when the connection breaks. */
  call(method: string, path: string, sent: { readonly token?: string; readonly body?: unknown } = {}): Promise<Reply> {
    const body = sent.body === undefined ? undefined : JSON.stringify(sent.body);
    return new Promise((resolve, reject) => {
      const outgoing = request(`${this.address}/v1/${path}`, {
        method,
        agent: this.#agent,
        headers: {
          ...(sent.token !== undefined && { 'x-vault-token': sent.token }),
          ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }),
        },
      });
      outgoing.on('error', reject).on('response', (incoming) => {
        let text = '';
        incoming
          .setEncoding('utf8')
          .on('data', (chunk: string) => {
            text += chunk;
          })
          .on('aborted', () => reject(new Error('the answer was cut off')))
          .on('end', () =>
            resolve({ status: incoming.statusCode ?? 0, json: text === '' ? undefined : JSON.parse(text) }),
          );
      });
      outgoing.end(body);
    });
  }

  /** Initialises with one share and unseals; answers the share and the root token. */
  async initialise(): Promise<{ readonly share: string; readonly rootToken: string }> {
    const { json } = await this.call('POST', 'sys/init', { body: { secret_shares: 1, secret_threshold: 1 } });
    const share: string = json.keys[0];
    await this.call('POST', 'sys/unseal', { body: { key: share } });
    return { share, rootToken: json.root_token };
  }

  /** There is room again. */
  async liftFileLimit(): Promise<void> {
    await run('prlimit', ['--pid', String(this.pid), '--fsize=unlimited:']);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Waits for the end of the process; answers its exit code, null after a signal. */
  async ended(): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
    return this.#child.exitCode;
  }

  /** Ends the process as a power cut would, as far as a process can tell. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended();
  }

  /** Starts it again on the same folder; answers how long it took until it answered, in milliseconds. */
  async startAgain(): Promise<number> {
    const from = performance.now();
    this.#child = this.#spawn();
    await this.#untilItAnswers();
    return performance.now() - from;
  }

  async #untilItAnswers(): Promise<void> {
    const ca = this.#ca;
    const deadline = performance.now() + startDeadlineMillis;
    const child = this.#child;
    while (child.exitCode === null && child.signalCode === null && performance.now() < deadline) {
      if (await answers(`${this.address}/v1/sys/seal-status`, ca)) return;
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
    throw new Error(`the server did not start:\n${this.#log}`);
  }

  /** Ends the server as a service manager does, takes its folder away, and gives its exit code. */
  async stop(): Promise<number | null> {
    const child = this.#child;
    if (child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), stopDeadlineMillis);
      await gone;
      clearTimeout(timer);
    }
    this.#agent.destroy();
    rmSync(this.folder, { recursive: true, force: true });
    return child.exitCode;
  }
}

const text = (value: string): string => JSON.stringify(value);

const configuration = (
  folder: string,
  port: number,
  options: ServerOptions,
): string => `api_addr = "https://127.0.0.1:${port}"

storage "sqlite" {
  path = ${text(join(folder, 'data'))}
}

listener "tcp" {
  address       = "127.0.0.1:${port}"
  tls_cert_file = ${text(join(folder, 'tls', 'server-chain.pem'))}
  tls_key_file  = ${text(join(folder, 'tls', 'server.key'))}
}

${options.audit ?? `audit "file" "file" { file_path = ${text(join(folder, 'audit.log'))} }`}
${options.stanzas?.(folder) ?? ''}
`;

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  return port;
}

const answers = (url: string, ca: Buffer): Promise<boolean> =>
  new Promise((resolve) => {
    const sent = request(url, { ca, agent: false, timeout: 5_000 }, (answer) => {
      answer.resume().on('end', () => resolve(true));
    });
    sent.on('timeout', () => sent.destroy());
    sent.on('error', () => resolve(false));
    sent.end();
  });
