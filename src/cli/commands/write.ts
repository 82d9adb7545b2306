import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { addCommand, onServer } from '../define-command.ts';
import { switchFlag } from '../flag-values.ts';
import { readKeyValues } from '../key-value-args.ts';
import { printAnswer } from '../print.ts';
import { UsageError } from '../usage-error.ts';

export function registerWrite(program: Command, context: CliContext): void {
  const command = addCommand(
    program,
    'write <path> [values...]',
    'Writes name=value words, or JSON from standard input (-).',
    [
      'strongroom write auth/userpass/users/anna policies=dev password=@anna.txt',
      'echo \'{"max_ttl":"72h"}\' | strongroom write pki/roles/web -',
      'strongroom write -force pki/crl/rotate',
    ],
  )
    .option('--force', 'write without values')
    .option('--f', 'short for -force');
  onServer(command, context, async (session, flags, path: string, words: readonly string[]) => {
    const force = switchFlag(flags, 'force') || switchFlag(flags, 'f');
    if (words.length === 0 && !force) throw new UsageError('there are no values to write', 'to write none, add -force');
    const body = await readKeyValues(context, words);
    const answer = await session.client.post(path, body);
    await printAnswer(session, answer, `written: ${path}`);
  });
}
