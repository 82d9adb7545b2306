import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { registerMountCommands } from './mounts.ts';

export function registerSecrets(program: Command, context: CliContext): void {
  registerMountCommands(program, context, {
    group: 'secrets',
    summary: 'Enables and disables secret engines.',
    noun: 'secret engine',
    enableFlags: [['--version <number>', 'version of the engine (kv: 1 or 2)']],
    examples: {
      enable: 'strongroom secrets enable -path=web-ca -max-lease-ttl=8760h pki',
      disable: 'strongroom secrets disable web-ca',
    },
    list: (client) => client.sys.listMounts(),
    enable: (client, path, request) => client.sys.enableMount(path, request),
    disable: (client, path) => client.sys.disableMount(path),
  });
}
