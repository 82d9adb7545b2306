import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { addCommand, onServer } from '../define-command.ts';
import { readQuery } from '../key-value-args.ts';
import { printAnswer } from '../print.ts';

export function registerDelete(program: Command, context: CliContext): void {
  const command = addCommand(
    program,
    'delete <path> [parameters...]',
    'Deletes a path; name=value words become parameters.',
    ['strongroom delete pki/roles/web'],
  );
  onServer(command, context, async (session, _flags, path: string, words: readonly string[]) => {
    const answer = await session.client.delete(path, { query: readQuery(words) });
    await printAnswer(session, answer, `deleted, if it was there: ${path}`);
  });
}
