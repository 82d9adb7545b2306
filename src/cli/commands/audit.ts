import { type Command, Option } from 'commander';
import { StrongroomError } from '../../lib/index.ts';
import { renderAuditLine } from '../audit-line.ts';
import type { CliContext } from '../context.ts';
import { addCommand, addOutputFlags, onMachine, onServer } from '../define-command.ts';
import { numberFlag, switchFlag, textFlag } from '../flag-values.ts';
import { followFile } from '../follow-file.ts';
import { type Printer, printField, printItems, printStructured, printWarnings } from '../print.ts';
import { withProgress } from '../progress.ts';
import { readSettings } from '../settings.ts';
import { visibleText } from '../table.ts';
import { UsageError } from '../usage-error.ts';

/** What the check of a log answers; lines count from 1. */
export interface AuditVerification {
  readonly ok: boolean;
  readonly lines: number;
  readonly checkpoints: number;
  readonly firstBadLine?: number;
  readonly problem?: string;
}

/** What was not checked must not pass for checked. */
function describeVerification(result: AuditVerification, signaturesChecked: boolean): string {
  const counts = `${result.lines} lines, ${result.checkpoints} checkpoints`;
  if (result.ok) return `intact: ${counts}${signaturesChecked ? '' : '; signatures were not checked (-key=FILE)'}`;
  const where = result.firstBadLine === undefined ? '' : ` at line ${result.firstBadLine}`;
  return `NOT intact${where}: ${visibleText(result.problem ?? 'the chain is broken', false)} (${counts})`;
}

/** Names as everywhere on the wire. */
function inSnakeCase(result: AuditVerification): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(result).map(([name, value]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    ]),
  );
}

async function printVerification(
  printer: Printer,
  result: AuditVerification,
  signaturesChecked: boolean,
): Promise<void> {
  const named = { ...inSnakeCase(result), signatures_checked: signaturesChecked };
  if (printer.settings.field !== undefined) return printField(printer, named);
  if (printer.settings.format !== 'table') return printStructured(printer, named);
  printer.context.stdout.write(`${describeVerification(result, signaturesChecked)}\n`);
}

function registerVerify(group: Command, context: CliContext): void {
  const command = addCommand(
    group,
    'verify <file>',
    'Checks an audit log without a server: names the first line altered, dropped, moved or cut off. Exit code: 0 intact, 2 not, 1 nothing to check.',
    [
      'strongroom audit verify /var/log/strongroom/audit.log',
      'strongroom audit verify audit.log -head=head.json -key=audit.pub',
    ],
  )
    .option('--head <file>', 'a head kept elsewhere, which shows lines cut off at the end')
    .option('--key <file>', 'public key of the signed checkpoints, PEM');
  onMachine(addOutputFlags(command), context, async (flags, file: string) => {
    const printer = { context, settings: readSettings(flags, context.env) };
    const headFile = textFlag(flags, 'head');
    const publicKeyFile = textFlag(flags, 'key');
    const { verifyAuditLog } = await import('../../server/index.ts');
    const result: AuditVerification = await withProgress(context, `Verifying ${file}`, async () =>
      verifyAuditLog({
        file,
        ...(headFile === undefined ? {} : { headFile }),
        ...(publicKeyFile === undefined ? {} : { publicKeyFile }),
      }).catch((error: unknown) => {
        // Nothing was checked, which is not the same as a log that was found altered.
        throw error instanceof StrongroomError && error.code === 'invalid_request'
          ? new UsageError(error.message, error.hint)
          : error;
      }),
    );
    await printVerification(printer, result, publicKeyFile !== undefined);
    return result.ok ? 0 : 2;
  });
}

function registerTail(group: Command, context: CliContext): void {
  const command = addCommand(group, 'tail <file>', 'Follows an audit log, one readable line an event.', [
    'strongroom audit tail /var/log/strongroom/audit.log',
    'strongroom audit tail -lines=100 -no-follow audit.log',
  ])
    .option('--lines <number>', 'how many to begin with (10)')
    .option('--no-follow', 'end after those')
    .option('--raw', 'print the lines as they are; the same as -format=json')
    .addOption(new Option('--format <name>', 'table or json (STRONGROOM_FORMAT)').helpGroup('Output:'));
  onMachine(command, context, async (flags, file: string) => {
    const { format } = readSettings(flags, context.env);
    if (format === 'yaml') throw new UsageError('audit tail prints table or json', 'see -format and STRONGROOM_FORMAT');
    const raw = switchFlag(flags, 'raw') || format === 'json';
    await followFile(file, {
      lines: numberFlag(flags, 'lines') ?? 10,
      follow: flags.follow !== false,
      signal: context.signal,
      onLine: (text) => context.stdout.write(`${raw ? text : renderAuditLine(text)}\n`),
    });
  });
}

export function registerAudit(program: Command, context: CliContext): void {
  const group = addCommand(program, 'audit', 'Verifies and follows audit logs, lists audit devices.', [
    'strongroom audit verify audit.log',
  ]);
  registerVerify(group, context);
  registerTail(group, context);
  const list = addCommand(group, 'list', 'Lists the audit devices.', ['strongroom audit list']);
  onServer(list, context, async (session) => {
    const answer = await session.client.audit.list();
    printWarnings(session, answer.warnings);
    const rows = Object.entries(answer.data ?? {}).map(([path, device]) => ({ ...device, path }));
    await printItems(session, answer.data, ['path', 'type', 'description', 'options'], rows);
  });
}
