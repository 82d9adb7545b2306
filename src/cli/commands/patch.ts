import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { addCommand, onServer } from '../define-command.ts';
import { readKeyValues } from '../key-value-args.ts';
import { printAnswer } from '../print.ts';
import { UsageError } from '../usage-error.ts';

export function registerPatch(program: Command, context: CliContext): void {
  const command = addCommand(
    program,
    'patch <path> [values...]',
    'Changes the values given and leaves the rest (JSON merge patch).',
    ['strongroom patch pki/roles/web max_ttl=72h'],
  );
  onServer(command, context, async (session, _flags, path: string, words: readonly string[]) => {
    if (words.length === 0) throw new UsageError('there are no values to change');
    const answer = await session.client.patch(path, await readKeyValues(context, words));
    await printAnswer(session, answer, `changed: ${path}`);
  });
}
