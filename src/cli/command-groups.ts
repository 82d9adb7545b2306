import type { Command } from 'commander';
import type { CliContext } from './context.ts';

/** Adds a command and what is below it to the program. */
export type Register = (program: Command, context: CliContext) => void;

export interface CommandGroup {
  readonly name: string;
  readonly summary: string;
  load(): Promise<Register>;
}

/** Every first word, in the order `--help` shows them. Loaded when asked for, so that each command starts fast. */
export const commandGroups: readonly CommandGroup[] = [
  group('server', 'run a server', async () => (await import('./commands/server.ts')).registerServer),
  group('demo', 'see the main jobs done, step by step', async () => (await import('./demo.ts')).registerDemo),
  group('status', 'show the state of the seal', async () => (await import('./commands/status.ts')).registerStatus),
  group(
    'operator',
    'initialise, unseal, seal, rotate',
    async () => (await import('./commands/operator.ts')).registerOperator,
  ),
  group('login', 'log in and keep the token', async () => (await import('./commands/login.ts')).registerLogin),
  group('read', 'read a path', async () => (await import('./commands/read.ts')).registerRead),
  group('write', 'write values to a path', async () => (await import('./commands/write.ts')).registerWrite),
  group('patch', 'change values of a path', async () => (await import('./commands/patch.ts')).registerPatch),
  group('list', 'list the names below a path', async () => (await import('./commands/list.ts')).registerList),
  group('delete', 'delete a path', async () => (await import('./commands/delete.ts')).registerDelete),
  group(
    'token',
    'make, look up, renew and revoke tokens',
    async () => (await import('./commands/token.ts')).registerToken,
  ),
  group('key', 'make, check, rotate and revoke API keys', async () => (await import('./commands/key.ts')).registerKey),
  group(
    'pat',
    'make, rotate and revoke personal access tokens',
    async () => (await import('./commands/pat.ts')).registerPat,
  ),
  group('cert', 'issue, sign and revoke certificates', async () => (await import('./commands/cert.ts')).registerCert),
  group(
    'credentials',
    'find and revoke credentials of every kind',
    async () => (await import('./commands/credentials.ts')).registerCredentials,
  ),
  group('policy', 'read, write and format policies', async () => (await import('./commands/policy.ts')).registerPolicy),
  group(
    'secrets',
    'enable and disable secret engines',
    async () => (await import('./commands/secrets.ts')).registerSecrets,
  ),
  group('auth', 'enable and disable log-in methods', async () => (await import('./commands/auth.ts')).registerAuth),
  group('kv', 'work with key-value secrets', async () => (await import('./commands/kv.ts')).registerKv),
  group(
    'audit',
    'verify and follow audit logs, list devices',
    async () => (await import('./commands/audit.ts')).registerAudit,
  ),
  group('version', 'print the version', async () => (await import('./commands/version.ts')).registerVersion),
];

function group(name: string, summary: string, load: () => Promise<Register>): CommandGroup {
  return { name, summary, load };
}
