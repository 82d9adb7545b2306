import type { Command } from 'commander';
import { StrongroomError } from '../../lib/index.ts';
import type { CliContext } from '../context.ts';
import { addCommand, onServer } from '../define-command.ts';
import { printAnswer, printLine, printWarnings } from '../print.ts';
import { registerInit } from './operator-init.ts';
import { registerUnseal } from './operator-unseal.ts';
import { registerStatus } from './status.ts';

export function registerOperator(program: Command, context: CliContext): void {
  const group = addCommand(program, 'operator', 'Initialises, unseals, seals and rotates a server.', [
    'strongroom operator init',
  ]);
  registerInit(group, context);
  registerUnseal(group, context);
  const seal = addCommand(group, 'seal', 'Seals the server: it serves nothing until it is unsealed.', [
    'strongroom operator seal',
  ]);
  onServer(seal, context, async (session) => printAnswer(session, await session.client.sys.seal(), 'sealed'));
  registerStatus(group, context);
  const rotate = addCommand(group, 'rotate', 'Starts a new version of the encryption key; older data stays readable.', [
    'strongroom operator rotate',
  ]);
  onServer(rotate, context, async (session) => {
    const { warnings } = await session.client.sys.rotate();
    printWarnings(session, warnings);
    // The rotation has no answer of its own: what it made is.
    if (session.settings.field === undefined) printLine(session, 'rotated');
    try {
      await printAnswer(session, await session.client.sys.keyStatus(), '');
    } catch (error) {
      if (!(error instanceof StrongroomError) || error.code !== 'permission_denied') throw error;
      // Done all the same: who may rotate need not be allowed to look.
      session.context.stderr.write('warning: the key is rotated; its status may not be read with this token\n');
      if (session.settings.field !== undefined || session.settings.format !== 'table') throw error;
    }
  });
  const keyStatus = addCommand(
    group,
    'key-status',
    'Shows the version of the encryption key and since when it is used.',
    ['strongroom operator key-status'],
  );
  onServer(keyStatus, context, async (session) => printAnswer(session, await session.client.sys.keyStatus(), ''));
}
