import type { Command } from 'commander';
import { strongroomVersion, vaultApiVersion } from '../../lib/index.ts';
import type { CliContext } from '../context.ts';
import { addCommand, addOutputFlags, onMachine } from '../define-command.ts';
import { printField, printStructured } from '../print.ts';
import { versionText } from '../run.ts';
import { readSettings } from '../settings.ts';

export function registerVersion(program: Command, context: CliContext): void {
  const command = addCommand(program, 'version', 'Prints our version and the level of the Vault API served.', [
    'strongroom version -format=json',
  ]);
  onMachine(addOutputFlags(command), context, async (flags) => {
    const printer = { context, settings: readSettings(flags, context.env) };
    const versions = { version: vaultApiVersion, strongroom_version: strongroomVersion };
    if (printer.settings.field !== undefined) printField(printer, versions);
    else if (printer.settings.format !== 'table') await printStructured(printer, versions);
    else context.stdout.write(`${versionText}\n`);
  });
}
