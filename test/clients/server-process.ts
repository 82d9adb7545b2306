import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const startDeadlineMillis = 20_000;
const stopDeadlineMillis = 15_000;

/** A server as an operator runs it: a process of its own with TLS, SQLite, a file audit log and key shares. */
export class ServerProcess {
  readonly folder: string;
  readonly address: string;
  readonly caFile: string;
  readonly auditFile: string;
  readonly #child: ChildProcess;
  #log = '';

  private constructor(folder: string, port: number, configFile: string) {
    this.folder = folder;
    this.address = `https://127.0.0.1:${port}`;
    this.caFile = join(folder, 'tls', 'root.pem');
    this.auditFile = join(folder, 'audit.log');
    this.#child = spawn(join(root, 'bin', 'strongroom'), ['server', `-config=${configFile}`], {
      cwd: folder,
      // Nothing of the developer's: a VAULT_… variable of theirs would change what is proved.
      env: { PATH: process.env['PATH'], HOME: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    // Where the test process is ended before its last hook, the server ends with it.
    process.once('exit', () => this.#child.kill('SIGKILL'));
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#log += text;
      });
    }
  }

  static async start(): Promise<ServerProcess> {
    const folder = mkdtempSync(join(tmpdir(), 'strongroom-clients-'));
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
    writeFileSync(configFile, configuration(folder, port), { mode: 0o600 });
    const server = new ServerProcess(folder, port, configFile);
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

  async #untilItAnswers(): Promise<void> {
    const ca = readFileSync(this.caFile);
    const deadline = performance.now() + startDeadlineMillis;
    while (this.#child.exitCode === null && performance.now() < deadline) {
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
    rmSync(this.folder, { recursive: true, force: true });
    return child.exitCode;
  }
}

const text = (value: string): string => JSON.stringify(value);

const configuration = (folder: string, port: number): string => `api_addr = "https://127.0.0.1:${port}"

storage "sqlite" {
  path = ${text(join(folder, 'data'))}
}

listener "tcp" {
  address       = "127.0.0.1:${port}"
  tls_cert_file = ${text(join(folder, 'tls', 'server-chain.pem'))}
  tls_key_file  = ${text(join(folder, 'tls', 'server.key'))}
}

audit "file" "file" {
  file_path = ${text(join(folder, 'audit.log'))}
}
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
