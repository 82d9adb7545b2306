import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { addCommand, onServer } from '../define-command.ts';
import { readQuery } from '../key-value-args.ts';
import { printAnswer } from '../print.ts';

export function registerRead(program: Command, context: CliContext): void {
  const command = addCommand(
    program,
    'read <path> [parameters...]',
    'Reads a path; name=value words become parameters.',
    ['strongroom read auth/token/lookup-self', 'strongroom read -field=certificate pki/cert/ca'],
  );
  onServer(command, context, async (session, _flags, path: string, words: readonly string[]) => {
    const answer = await session.client.get(path, { query: readQuery(words) });
    await printAnswer(session, answer, `nothing is stored at ${path}`);
  });
}
