import type { Command } from 'commander';
import {
  type CredentialFilter,
  credentialKinds,
  credentialStates,
  type RevokedCredentials,
} from '../../client/index.ts';
import { StrongroomError } from '../../lib/index.ts';
import type { CliContext } from '../context.ts';
import { addCommand, choiceFlag, onServer } from '../define-command.ts';
import { type Flags, numberFlag, switchFlag, textFlag } from '../flag-values.ts';
import { printAnswer, printItems, printWarnings } from '../print.ts';
import { withProgress } from '../progress.ts';
import { askWord } from '../secret-input.ts';
import { visibleText } from '../table.ts';
import { UsageError } from '../usage-error.ts';

const filterFlags: readonly (readonly [keyof CredentialFilter, string, string, (readonly string[])?])[] = [
  ['kind', '--kind <kind>', 'of this kind', credentialKinds],
  ['owner', '--owner <owner>', 'of this owner'],
  ['entity_id', '--entity-id <id>', 'of this entity'],
  ['policy', '--policy <name>', 'with this policy'],
  ['tag', '--tag <tag>', 'with this tag'],
  ['state', '--state <state>', 'in this state', credentialStates],
  ['created_after', '--created-after <time>', 'made after, RFC 3339'],
  ['created_before', '--created-before <time>', 'made before'],
  ['expires_after', '--expires-after <time>', 'ending after'],
  ['expires_before', '--expires-before <time>', 'ending before'],
  ['used_after', '--used-after <time>', 'last used after'],
  ['used_before', '--used-before <time>', 'last used before'],
];

const camel = (name: string): string => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

function addFilterFlags(command: Command): Command {
  for (const [, flag, text, choices] of filterFlags) {
    if (choices === undefined) command.option(flag, text);
    else command.addOption(choiceFlag(flag, text, choices));
  }
  return command;
}

function readFilter(flags: Flags): CredentialFilter {
  return Object.fromEntries(
    filterFlags.map(([name]) => [name, textFlag(flags, camel(name))]).filter(([, value]) => value !== undefined),
  );
}

function registerList(group: Command, context: CliContext): void {
  const command = addFilterFlags(
    addCommand(group, 'list', 'Lists credentials of every kind in one shape.', [
      'strongroom credentials list -owner=payments -state=active',
    ]),
  )
    .option('--limit <number>', 'how many at most')
    .option('--after <cursor>', 'the page after this cursor');
  onServer(command, context, async (session, flags) => {
    const limit = numberFlag(flags, 'limit');
    const after = textFlag(flags, 'after');
    const answer = await session.client.credentials.list(readFilter(flags), {
      ...(limit === undefined ? {} : { limit }),
      ...(after === undefined ? {} : { after }),
    });
    printWarnings(session, answer.warnings);
    const rows = (answer.data?.keys ?? []).map((id) => ({ ...answer.data.key_info?.[id], id }));
    await printItems(
      session,
      answer.data,
      ['id', 'kind', 'owner', 'name', 'state', 'expire_time', 'last_used_time'],
      rows,
    );
    if (answer.data?.next) context.stderr.write(`more: add -after=${answer.data.next}\n`);
  });
}

interface Preview {
  readonly total: number;
  readonly text: string;
}

/** "3 (2 token, 1 api_key)". A count that cannot be read is an error: nothing is revoked unseen. */
function describeCount(data: RevokedCredentials | null): Preview {
  const entries = Object.entries(data?.count ?? {}).filter(
    (entry): entry is [string, number] => typeof entry[1] === 'number',
  );
  if (data === null || typeof data.count !== 'object')
    throw new StrongroomError('internal', 'the server did not say how many match');
  const total = entries.reduce((sum, [, count]) => sum + count, 0);
  const parts = entries.map(([kind, count]) => `${count} ${visibleText(kind, false)}`).join(', ');
  return { total, text: parts === '' ? String(total) : `${total} (${parts})` };
}

/** Asks on a terminal; elsewhere only `-yes` says yes. */
async function confirm(context: CliContext, total: number): Promise<boolean> {
  if (context.stdin.isTTY !== true) {
    throw new UsageError('nothing was revoked', 'look at the number above and add -yes to revoke them');
  }
  return (await askWord(context, `Type ${total} to revoke them: `)) === String(total);
}

function registerRevoke(group: Command, context: CliContext): void {
  const command = addFilterFlags(
    addCommand(group, 'revoke', 'Revokes every credential that matches, after saying how many.', [
      'strongroom credentials revoke -owner=payments -created-before=2026-06-01T00:00:00Z -reason="laptop stolen"',
      'strongroom credentials revoke -kind=api_key -tag=ci -yes',
    ]),
  )
    .option('--reason <text>', 'why, for the record')
    .option('--dry-run', 'only say how many')
    .option('--yes', 'do not ask');
  onServer(command, context, async (session, flags) => {
    const filter = readFilter(flags);
    if (Object.keys(filter).length === 0)
      throw new UsageError('say which credentials', 'an empty filter would mean all of them');
    const { credentials } = session.client;
    const preview = await credentials.revoke(filter, { dryRun: true });
    const { total, text } = describeCount(preview.data);
    if (switchFlag(flags, 'dryRun')) return printAnswer(session, preview, 'nothing matches');
    context.stderr.write(`matching credentials: ${text}\n`);
    if (total === 0) {
      // A program that reads JSON gets the counts, all of them zero.
      if (session.settings.format !== 'table') await printAnswer(session, preview, '');
      return;
    }
    if (!switchFlag(flags, 'yes') && !(await confirm(context, total)))
      throw new StrongroomError('precondition_failed', 'nothing was revoked', { hint: 'answer yes, or give --yes' });
    const answer = await withProgress(context, 'Revoking', () =>
      credentials.revoke(filter, { reason: textFlag(flags, 'reason') }),
    );
    await printAnswer(session, answer, 'revoked');
  });
}

export function registerCredentials(program: Command, context: CliContext): void {
  const group = addCommand(
    program,
    'credentials',
    'Finds and revokes credentials of every kind: what to run after a leak.',
    ['strongroom credentials revoke -owner=payments'],
  );
  registerList(group, context);
  registerRevoke(group, context);
}
