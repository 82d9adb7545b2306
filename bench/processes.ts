import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

export interface Running {
  readonly origin: string;
  readonly pid: number;
  readonly folder: string;
  stop(): Promise<void>;
}

export interface Server extends Running {
  readonly rootToken: string;
  /** One request with the root token; answers `data` or `auth`, throws on a refusal. */
  readonly call: (method: string, path: string, body?: unknown) => Promise<Record<string, unknown>>;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}

/** The bare handler, in a process of its own as the server is. */
export async function startBareHono(): Promise<Running> {
  const child = spawn(process.execPath, [join(root, 'bench/bare-hono.ts')], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const folder = mkdtempSync(join(tmpdir(), 'strongroom-floor-'));
  return {
    origin: `http://127.0.0.1:${line}`,
    pid: child.pid as number,
    folder,
    stop: async () => {
      await end(child);
      rmSync(folder, { recursive: true });
    },
  };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  return port;
}

/** A SoftHSM token in the folder: the stanzas that name it, and the environment its module needs. */
function makeToken(folder: string): { stanzas: string; env: Record<string, string> } {
  const out = execFileSync(join(root, 'hsm/create-token'), ['--folder', join(folder, 'hsm')], { encoding: 'utf8' });
  const facts = JSON.parse(out) as { module: string; configuration: string; label: string; pinFile: string };
  const settings = `{
  lib         = ${JSON.stringify(facts.module)}
  token_label = ${JSON.stringify(facts.label)}
  pin_file    = ${JSON.stringify(facts.pinFile)}
}
`;
  return { stanzas: `seal "pkcs11" ${settings}hsm "pkcs11" ${settings}`, env: { SOFTHSM2_CONF: facts.configuration } };
}

/** A server with SQLite and its audit file on disk, durable as in production, without TLS on loopback. */
export async function startServer(options: { readonly hsm: boolean }): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), 'strongroom-bench-'));
  const port = await freePort();
  const data = join(folder, 'data');
  mkdirSync(data, { mode: 0o700 });
  const hsm = options.hsm ? makeToken(folder) : undefined;
  const config = join(folder, 'config.hcl');
  writeFileSync(config, configuration({ folder, data, port }) + (hsm?.stanzas ?? ''), { mode: 0o600 });
  const child = spawn(join(root, 'bin/strongroom'), ['server', `-config=${config}`, '-log-level=warn'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, ...hsm?.env },
  });
  const origin = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    await end(child);
    rmSync(folder, { recursive: true });
  };
  await untilAnswering(origin, child);
  const rootToken = await initialise(origin, options.hsm);
  return { origin, pid: child.pid as number, folder, stop, rootToken, call: caller(origin, rootToken) };
}

const configuration = ({ folder, data, port }: { folder: string; data: string; port: number }): string => `
storage "sqlite" { path = ${JSON.stringify(data)} }
listener "tcp" {
  address     = "127.0.0.1:${port}"
  tls_disable = true
}
audit "file" "file" { file_path = ${JSON.stringify(join(folder, 'audit.log'))} }
`;

async function untilAnswering(origin: string, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`);
    const answer = await fetch(`${origin}/v1/sys/health?uninitcode=200&sealedcode=200`).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('the server does not answer');
}

async function initialise(origin: string, hsm: boolean): Promise<string> {
  const post = async (path: string, body: unknown): Promise<Record<string, unknown>> => {
    const answer = await fetch(`${origin}/v1/${path}`, { method: 'POST', body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return (await answer.json()) as Record<string, unknown>;
  };
  const counts = hsm ? { recovery_shares: 1, recovery_threshold: 1 } : { secret_shares: 1, secret_threshold: 1 };
  const made = await post('sys/init', counts);
  if (!hsm) await post('sys/unseal', { key: (made['keys'] as string[])[0] });
  return made['root_token'] as string;
}

function caller(origin: string, token: string): Server['call'] {
  return async (method, path, body) => {
    const answer = await fetch(`${origin}/v1/${path}`, {
      method,
      headers: { 'x-vault-token': token },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text.slice(0, 300)}`);
    const json = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
    return (json['auth'] ?? json['data'] ?? {}) as Record<string, unknown>;
  };
}
