import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { addCommand, onServer } from '../define-command.ts';
import { printAnswer } from '../print.ts';
import { printError } from '../print-error.ts';

/** Exit codes as scripts written for Vault expect them: 0 unsealed, 2 sealed, 1 no answer. */
export function registerStatus(program: Command, context: CliContext): void {
  const command = addCommand(
    program,
    'status',
    'Shows the state of the seal. Exit code: 0 unsealed, 2 sealed, 1 no answer.',
    ['strongroom status -format=json'],
  );
  onServer(
    command,
    context,
    async (session) => {
      try {
        const answer = await session.client.sys.sealStatus();
        await printAnswer(session, answer, '');
        return answer.data.sealed === false ? 0 : 2;
      } catch (error) {
        printError(context, error);
        return 1;
      }
    },
    'none',
  );
}
