import { type ExecFileOptionsWithStringEncoding, execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { CliContext } from '../context.ts';
import { type CommandResult, quoteCommand, runCommandLine } from './command-line.ts';
import { type DemoConfiguration, writeConfiguration } from './configuration.ts';
import { DemoFailure, type Narrator, shorten } from './narrator.ts';
import { type Reply, type RequestOptions, sendRequest } from './send-request.ts';
import { ServerProcess } from './server-process.ts';

const run = promisify(execFile);

export interface StepOptions {
  /** Whose token; the root token when absent, none when ''. */
  readonly token?: string;
  readonly stdin?: string;
  /** Exit code that belongs to the story: 0 unless a refusal is shown. */
  readonly expect?: 0 | 2;
  readonly clientCertificate?: { readonly certFile: string; readonly keyFile: string };
  /** Secrets that are shortened where the answer is shown. */
  readonly hide?: readonly string[];
}

interface HsmFacts {
  readonly module: string;
  readonly configuration: string;
  readonly label: string;
  readonly pinFile: string;
}

/** One server with everything it needs in a folder of its own, and the ways in which the story talks to it. */
export class Stage {
  readonly folder: string;
  readonly narrator: Narrator;
  readonly #context: CliContext;
  readonly #home: string;
  #server: ServerProcess | undefined;
  #environment: Record<string, string | undefined>;
  port = 0;
  rootToken = '';
  hsm: HsmFacts | undefined;

  constructor(context: CliContext, narrator: Narrator) {
    this.#context = context;
    this.narrator = narrator;
    this.folder = mkdtempSync(join(tmpdir(), 'strongroom-demo-'));
    this.#home = join(this.folder, 'home');
    mkdirSync(this.#home, { mode: 0o700 });
    this.#environment = { ...context.env, HOME: this.#home };
  }

  file(...names: readonly string[]): string {
    return join(this.folder, ...names);
  }

  get address(): string {
    return `https://127.0.0.1:${this.port}`;
  }

  get caFile(): string {
    return this.file('tls', 'root.pem');
  }

  /** The repository's own file, or the installation's. */
  program(...names: readonly string[]): string {
    return join(fileURLToPath(new URL('../../..', import.meta.url)), ...names);
  }

  /** Certificates for TLS, and a token in SoftHSM. */
  async prepare(options: { readonly hsm: boolean } = { hsm: true }): Promise<void> {
    await this.execute(this.program('certs', 'make'), [this.file('tls')]);
    if (!options.hsm) return;
    const { stdout } = await this.execute(this.program('hsm', 'create-token'), ['--folder', this.file('hsm')]);
    this.hsm = JSON.parse(stdout) as HsmFacts;
    this.#environment = { ...this.#environment, SOFTHSM2_CONF: this.hsm.configuration };
  }

  /** Runs a program of this machine; throws with what it said when it fails. */
  async execute(program: string, args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
    const options: ExecFileOptionsWithStringEncoding = {
      cwd: this.folder,
      env: this.#environment as NodeJS.ProcessEnv,
      timeout: 30_000,
      encoding: 'utf8',
    };
    try {
      return await run(program, args, options);
    } catch (error) {
      const said = (error as { stderr?: string }).stderr?.trim() ?? '';
      throw new DemoFailure(`${program} ${args[0] ?? ''} failed: ${said || String(error)}`);
    }
  }

  /** Shows a program's command line, runs it and shows what it said. `program` is found on the PATH. */
  async runProgram(program: string, args: readonly string[]): Promise<string> {
    this.narrator.command(`${program} ${quoteCommand(args.map((arg) => this.#relative(arg)))}`);
    const { stdout, stderr } = await this.execute(program, args);
    const said = `${stdout}${stderr}`;
    this.narrator.answer(this.#relative(said.trim() === '' ? '(done)' : said));
    return said;
  }

  /** Files of the demo's folder are shown without it: their names are what matters. */
  #relative(text: string): string {
    return text.replaceAll(`${this.folder}/`, '');
  }

  writeFile(name: string, text: string): string {
    const path = this.file(name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  }

  readFile(name: string): string {
    return readFileSync(this.file(name), 'utf8');
  }

  /** Starts a server over `data` (a name in the folder): with the token as seal and home of keys, or with key shares. */
  async startServer(data: string, seal: 'hsm' | 'shares'): Promise<void> {
    if (this.port === 0) this.port = await freePort();
    const wanted: DemoConfiguration = {
      dataFolder: this.file(data),
      auditFile: this.file(`${data}-audit.log`),
      port: this.port,
      certificateFile: this.file('tls', 'server-chain.pem'),
      keyFile: this.file('tls', 'server.key'),
      ...(seal === 'hsm' && this.hsm && { hsm: this.hsm }),
    };
    const configFile = this.writeFile(`${data}.hcl`, writeConfiguration(wanted));
    this.narrator.command(`strongroom server -config=${data}.hcl &`);
    this.#server = await ServerProcess.start({
      program: this.program('bin', 'strongroom'),
      configFile,
      env: this.#environment,
      answers: async () => {
        const reply = await this.request('GET', 'sys/health?uninitcode=200&sealedcode=200', { token: '' }).catch(
          () => undefined,
        );
        return reply?.status === 200;
      },
    });
    this.narrator.answer(`listening on ${this.address}, TLS 1.3`);
  }

  async stopServer(): Promise<number> {
    const code = (await this.#server?.stop()) ?? 0;
    this.#server = undefined;
    return code;
  }

  /** What the server said last; for a demo that failed. */
  serverLog(): string {
    return this.#server?.lastLog() ?? '';
  }

  #cliEnvironment(options: StepOptions): Record<string, string> {
    const token = options.token ?? this.rootToken;
    return {
      STRONGROOM_ADDR: this.address,
      STRONGROOM_CACERT: this.caFile,
      STRONGROOM_FORMAT: 'json',
      ...(token !== '' && { STRONGROOM_TOKEN: token }),
      ...(options.clientCertificate && {
        STRONGROOM_CLIENT_CERT: options.clientCertificate.certFile,
        STRONGROOM_CLIENT_KEY: options.clientCertificate.keyFile,
      }),
    };
  }

  /** Shows a command line of ours, runs it against the server and shows its answer. */
  async cli(args: readonly string[], options: StepOptions = {}): Promise<CommandResult> {
    this.narrator.command(`strongroom ${quoteCommand(args.map((arg) => this.#relative(arg)))}`);
    return this.quietly(args, { ...options, show: true });
  }

  /** The same without telling: preparations that are not part of the story. */
  async quietly(
    args: readonly string[],
    options: StepOptions & { readonly show?: boolean } = {},
  ): Promise<CommandResult> {
    const result = await runCommandLine(this.#context, args, {
      env: this.#cliEnvironment(options),
      homeFolder: this.#home,
      ...(options.stdin !== undefined && { stdin: options.stdin }),
    });
    const expected = options.expect ?? 0;
    if (options.show === true || result.code !== expected) this.#showResult(result, options.hide ?? []);
    if (result.code !== expected) {
      throw new DemoFailure(
        `strongroom ${args[0]} ended with ${result.code}, not ${expected}: ${result.stderr.trim()}`,
      );
    }
    return result;
  }

  #showResult(result: CommandResult, hide: readonly string[]): void {
    let text = `${result.stdout}${result.stderr}`;
    for (const secret of hide) text = text.replaceAll(secret, shorten(secret));
    for (const secret of secretsOf(result.stdout)) text = text.replaceAll(secret, shorten(secret));
    this.narrator.answer(this.#relative(text.trim() === '' ? '(done)' : essence(text)));
  }

  /** A request as any HTTP client sends it, shown as the `curl` line that would do the same. */
  async curl(method: string, path: string, options: RequestOptions = {}): Promise<Reply> {
    const words = ['curl', ...(method === 'GET' ? [] : ['-X', method])];
    if (options.localAddress !== undefined) words.push('--interface', options.localAddress);
    if (options.token !== '') words.push('-H', `X-Vault-Token: ${options.tokenName ?? '$TOKEN'}`);
    if (options.body !== undefined) words.push('-d', shortenIn(JSON.stringify(options.body), options.hide ?? []));
    this.narrator.command(`${quoteCommand(words)} $STRONGROOM_ADDR/v1/${path}`);
    const reply = await this.request(method, path, options);
    this.narrator.answer(
      `${reply.status} ${shortenIn(reply.text.trim(), [...(options.hide ?? []), ...secretsOf(reply.text)])}`,
    );
    return reply;
  }

  request(method: string, path: string, options: RequestOptions = {}): Promise<Reply> {
    return sendRequest({ origin: this.address, caFile: this.caFile }, method, path, {
      ...options,
      token: options.token ?? this.rootToken,
    });
  }

  /** Ends the server and takes the folder away. */
  async strike(): Promise<void> {
    await this.stopServer();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const shortenIn = (text: string, secrets: readonly string[]): string =>
  secrets.reduce((shown, secret) => (secret === '' ? shown : shown.replaceAll(secret, shorten(secret))), text);

/** Members of an answer that hold a credential. */
function secretsOf(text: string): string[] {
  const found = text.matchAll(/"(?:client_token|token|key|root_token|private_key)":\s*"((?:[^"\\]|\\.){16,})"/g);
  const listed = text.matchAll(/"(?:recovery_keys|keys)(?:_base64)?":\s*\[([^\]]*)\]/g);
  return [
    ...[...found].map((match) => match[1] as string),
    ...[...listed].flatMap((match) =>
      [...(match[1] as string).matchAll(/"([^"]+)"/g)].map((word) => word[1] as string),
    ),
  ];
}

/** Of an enveloped JSON answer the members that say something, on one line each. */
function essence(text: string): string {
  try {
    const body = JSON.parse(text) as Record<string, unknown>;
    const inner = (body['auth'] ?? body['data'] ?? body) as unknown;
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return JSON.stringify(inner);
    return Object.entries(inner)
      .filter(([, value]) => value !== null && value !== '' && !(Array.isArray(value) && value.length === 0))
      .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
      .join('\n');
  } catch {
    return text;
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  return port;
}
