import type { Command } from 'commander';
import { credentialStates } from '../../client/index.ts';
import type { CliContext } from '../context.ts';
import { addCommand, choiceFlag, collect, onServer } from '../define-command.ts';
import { readTextFile } from '../files.ts';
import { type Flags, listFlag, mapFlag, numberFlag, switchFlag, textFlag } from '../flag-values.ts';
import { printAnswer, printItems, printWarnings } from '../print.ts';
import { UsageError } from '../usage-error.ts';

const mountOf = (flags: Flags): { mount: string | undefined } => ({ mount: textFlag(flags, 'mount') });

function addPatCommand(group: Command, usage: string, summary: string, examples: readonly string[]): Command {
  return addCommand(group, usage, summary, examples).option('--mount <path>', 'where the engine is mounted (pats)');
}

function registerCreate(group: Command, context: CliContext): void {
  const command = addPatCommand(group, 'create', 'Makes a personal access token of yours; it is shown this once.', [
    'strongroom pat create -name=laptop -ttl=30d -grants=read-only.hcl',
  ])
    .requiredOption('--name <name>', 'what it is for')
    .option('--grants <file>', 'policy file with what it may do, within what you may')
    .option('--policy <name>', 'one of your policies; repeatable', collect)
    .option('--ttl <duration>', 'lifetime')
    .option('--expire-time <time>', 'end of life, RFC 3339')
    .option('--bound-cidr <block>', 'address block it is good from; repeatable', collect)
    .option('--audience <name>', 'service it is for')
    .option('--justification <text>', 'why it is needed')
    .option('--tag <tag>', 'tag; repeatable', collect)
    .option('--metadata <name=value>', 'metadata; repeatable', collect)
    .option('--idempotency-key <text>', 'a repetition with the same text gives the same PAT');
  onServer(command, context, async (session, flags) => {
    const grantsFile = textFlag(flags, 'grants');
    const idempotencyKey = textFlag(flags, 'idempotencyKey');
    const answer = await session.client.pats.create(
      {
        name: textFlag(flags, 'name') ?? '',
        grants: grantsFile === undefined ? undefined : readTextFile(grantsFile),
        policies: listFlag(flags, 'policy'),
        ttl: textFlag(flags, 'ttl'),
        expire_time: textFlag(flags, 'expireTime'),
        bound_cidrs: listFlag(flags, 'boundCidr'),
        audience: textFlag(flags, 'audience'),
        justification: textFlag(flags, 'justification'),
        tags: listFlag(flags, 'tag'),
        metadata: mapFlag(flags, 'metadata'),
      },
      { ...mountOf(flags), ...(idempotencyKey === undefined ? {} : { idempotencyKey }) },
    );
    await printAnswer(session, answer, 'made');
  });
}

function registerList(group: Command, context: CliContext): void {
  const command = addPatCommand(group, 'list', 'Lists your personal access tokens, or those of everybody.', [
    'strongroom pat list',
    'strongroom pat list -all -state=active',
  ])
    .option('--all', 'those of every entity; for administrators')
    .option('--entity-id <id>', 'with -all: of this entity')
    .option('--owner <name>', 'with -all: of this owner')
    .option('--tag <tag>', 'with -all: with this tag')
    .addOption(choiceFlag('--state <state>', 'with -all: in this state', credentialStates))
    .option('--limit <number>', 'with -all: how many at most (100)')
    .option('--after <cursor>', 'with -all: the page after this cursor');
  onServer(command, context, async (session, flags) => {
    const { pats } = session.client;
    const filter = {
      entity_id: textFlag(flags, 'entityId'),
      owner: textFlag(flags, 'owner'),
      tag: textFlag(flags, 'tag'),
      state: textFlag(flags, 'state'),
      limit: numberFlag(flags, 'limit'),
      after: textFlag(flags, 'after'),
    };
    const all = switchFlag(flags, 'all');
    if (!all && Object.values(filter).some((value) => value !== undefined)) {
      throw new UsageError('filters go with -all', 'your own tokens are listed whole');
    }
    const answer = all ? await pats.listAll(filter, mountOf(flags)) : await pats.listOwn(mountOf(flags));
    printWarnings(session, answer.warnings);
    const rows = (answer.data?.keys ?? []).map((id) => ({ ...answer.data.key_info?.[id], id }));
    await printItems(session, answer.data, ['id', 'start', 'name', 'owner', 'state', 'expire_time'], rows);
    if (answer.data?.next) context.stderr.write(`more: add -after=${answer.data.next}\n`);
  });
}

export function registerPat(program: Command, context: CliContext): void {
  const group = addCommand(program, 'pat', 'Makes, rotates and revokes personal access tokens.', [
    'strongroom pat create -name=laptop -ttl=30d',
  ]);
  registerCreate(group, context);
  registerList(group, context);
  const rotate = addPatCommand(group, 'rotate', 'Makes a new PAT in place of an old one of yours.', [
    'strongroom pat rotate p_4Jd9',
  ])
    .argument('<id>', 'id of the PAT')
    .option('--overlap <duration>', 'how long the old one stays good');
  onServer(rotate, context, async (session, flags, id: string) => {
    const answer = await session.client.pats.rotateOwn(id, textFlag(flags, 'overlap'), mountOf(flags));
    await printAnswer(session, answer, 'rotated');
  });
  const revoke = addPatCommand(group, 'revoke', 'Revokes a PAT of yours, or with -any one of anybody.', [
    'strongroom pat revoke p_4Jd9',
  ])
    .argument('<id>', 'id of the PAT')
    .option('--any', 'whoever it belongs to; for administrators')
    .option('--reason <text>', 'why, for the record');
  onServer(revoke, context, async (session, flags, id: string) => {
    const { pats } = session.client;
    const reason = textFlag(flags, 'reason');
    const any = switchFlag(flags, 'any');
    const answer = any
      ? await pats.revokeAny(id, reason, mountOf(flags))
      : await pats.revokeOwn(id, reason, mountOf(flags));
    await printAnswer(session, answer, `revoked: ${id}`);
  });
}
