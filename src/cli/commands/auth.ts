import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { registerMountCommands } from './mounts.ts';

export function registerAuth(program: Command, context: CliContext): void {
  registerMountCommands(program, context, {
    group: 'auth',
    summary: 'Enables and disables log-in methods.',
    noun: 'log-in method',
    enableFlags: [],
    examples: { enable: 'strongroom auth enable userpass', disable: 'strongroom auth disable userpass' },
    list: (client) => client.sys.listAuth(),
    enable: (client, path, request) => client.sys.enableAuth(path, request),
    disable: (client, path) => client.sys.disableAuth(path),
  });
}
