import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { addCommand, onMachine, onServer } from '../define-command.ts';
import { readTextFile, replaceFile } from '../files.ts';
import { switchFlag } from '../flag-values.ts';
import { formatPolicy } from '../policy-format.ts';
import { printAnswer, printField, printKeys, printStructured, printWarnings } from '../print.ts';
import { readStdin } from '../secret-input.ts';
import { visibleText } from '../table.ts';

async function readPolicyText(context: CliContext, file: string): Promise<string> {
  return file === '-' ? readStdin(context) : readTextFile(file);
}

function registerRead(group: Command, context: CliContext): void {
  const command = addCommand(group, 'read <name>', 'Prints a policy.', ['strongroom policy read web > web.hcl']);
  onServer(command, context, async (session, _flags, name: string) => {
    const answer = await session.client.policies.read(name);
    printWarnings(session, answer.warnings);
    if (session.settings.field !== undefined) return printField(session, { ...answer.data });
    if (session.settings.format !== 'table') return printStructured(session, answer.data);
    const text = answer.data.policy;
    context.stdout.write(context.stdout.isTTY === true ? visibleText(text) : text);
    if (!text.endsWith('\n')) context.stdout.write('\n');
  });
}

function registerFormat(group: Command, context: CliContext): void {
  const command = addCommand(
    group,
    'fmt <file>',
    'Brings a policy file into its usual form; - reads and prints instead.',
    ['strongroom policy fmt web.hcl', 'strongroom policy fmt -check web.hcl    # exit code 2 when it would change'],
  ).option('--check', 'change nothing, only tell');
  onMachine(command, context, async (flags, file: string) => {
    const text = await readPolicyText(context, file);
    const formatted = formatPolicy(text);
    if (switchFlag(flags, 'check')) {
      if (formatted === text) return 0;
      context.stderr.write(`not formatted: ${file}\n`);
      return 2;
    }
    if (file === '-') context.stdout.write(formatted);
    else if (formatted !== text) {
      replaceFile(file, formatted);
      context.stdout.write(`formatted: ${file}\n`);
    }
    return 0;
  });
}

export function registerPolicy(program: Command, context: CliContext): void {
  const group = addCommand(program, 'policy', 'Reads, writes and formats policies.', [
    'strongroom policy write web web.hcl',
  ]);
  registerRead(group, context);
  const write = addCommand(group, 'write <name> <file>', 'Writes a policy from a file; - reads standard input.', [
    'strongroom policy write web web.hcl',
  ]);
  onServer(write, context, async (session, _flags, name: string, file: string) => {
    const text = await readPolicyText(context, file);
    await printAnswer(session, await session.client.policies.write(name, text), `written: ${name}`);
  });
  const list = addCommand(group, 'list', 'Lists the policies.', ['strongroom policy list']);
  onServer(list, context, async (session) => printKeys(session, await session.client.policies.list()));
  const remove = addCommand(group, 'delete <name>', 'Deletes a policy.', ['strongroom policy delete web']);
  onServer(remove, context, async (session, _flags, name: string) => {
    await printAnswer(session, await session.client.policies.delete(name), `deleted, if it was there: ${name}`);
  });
  registerFormat(group, context);
}
