import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { addCommand, onServer } from '../define-command.ts';
import { readQuery } from '../key-value-args.ts';
import { printKeys } from '../print.ts';

export function registerList(program: Command, context: CliContext): void {
  const command = addCommand(program, 'list <path> [parameters...]', 'Lists the names below a path.', [
    'strongroom list auth/token/roles',
    'strongroom list pki/certs limit=100 after=17:ab:30',
  ]);
  onServer(command, context, async (session, _flags, path: string, words: readonly string[]) => {
    await printKeys(session, await session.client.list(path, { query: readQuery(words) }));
  });
}
