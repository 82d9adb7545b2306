import type { Command } from 'commander';
import type { TokenReference } from '../../client/index.ts';
import type { CliContext } from '../context.ts';
import { addCommand, choiceFlag, collect, onServer } from '../define-command.ts';
import { type Flags, listFlag, mapFlag, numberFlag, switchFlag, textFlag } from '../flag-values.ts';
import { printAnswer, printField, printLine, printStructured, printWarnings } from '../print.ts';
import { readSecret } from '../secret-input.ts';
import { cellText } from '../table.ts';
import { UsageError } from '../usage-error.ts';

/** Which token a command means: `-accessor`, a token (`-`, `@file`, or warned about in the open), else the caller's. */
async function readReference(context: CliContext, flags: Flags, word: string | undefined): Promise<TokenReference> {
  const accessor = textFlag(flags, 'accessor');
  if (accessor !== undefined && word !== undefined) throw new UsageError('give a token or -accessor, not both');
  if (accessor !== undefined) return { accessor };
  if (word === undefined) return { self: true };
  return { token: await readSecret(context, { argument: word, what: 'the token' }) };
}

const accessorFlag = ['--accessor <accessor>', 'the token with this accessor'] as const;
const tokenWord = 'the token: - for standard input, @file for a file; the own one if left out';

function registerCreate(group: Command, context: CliContext): void {
  const command = addCommand(group, 'create', 'Makes a token.', [
    'strongroom token create -policy=web -ttl=1h',
    'strongroom token create -policy=ci -period=24h -orphan -field=token',
  ])
    .option('--policy <name>', 'policy; repeatable', collect)
    .option('--ttl <duration>', 'lifetime')
    .option('--explicit-max-ttl <duration>', 'limit no renewal passes')
    .option('--period <duration>', 'renewable for ever, this long at a time')
    .option('--use-limit <number>', 'how often it may be used')
    .option('--bound-cidr <block>', 'address block it is good from; repeatable', collect)
    .option('--orphan', 'make it without a parent')
    .option('--no-default-policy', 'without the policy "default"')
    .option('--no-renewable', 'not renewable (-renewable=false)')
    .option('--display-name <name>', 'name in logs and lists')
    .option('--metadata <name=value>', 'metadata; repeatable', collect)
    .addOption(choiceFlag('--type <type>', 'kind of token', ['service', 'batch']))
    .option('--role <name>', 'token role to make it by')
    .option('--entity-alias <name>', 'entity alias, with a role that allows it');
  onServer(command, context, async (session, flags) => {
    const role = textFlag(flags, 'role');
    const answer = await session.client.tokens.create(
      {
        policies: listFlag(flags, 'policy'),
        ttl: textFlag(flags, 'ttl'),
        explicit_max_ttl: textFlag(flags, 'explicitMaxTtl'),
        period: textFlag(flags, 'period'),
        num_uses: numberFlag(flags, 'useLimit'),
        bound_cidrs: listFlag(flags, 'boundCidr'),
        no_parent: switchFlag(flags, 'orphan') ? true : undefined,
        no_default_policy: flags.defaultPolicy === false ? true : undefined,
        renewable: flags.renewable === false ? false : undefined,
        display_name: textFlag(flags, 'displayName'),
        meta: mapFlag(flags, 'metadata'),
        type: textFlag(flags, 'type'),
        entity_alias: textFlag(flags, 'entityAlias'),
      },
      role === undefined ? {} : { role },
    );
    await printAnswer(session, answer, 'made');
  });
}

function registerLookup(group: Command, context: CliContext): void {
  const command = addCommand(group, 'lookup', 'Shows what a token is and may be used for.', [
    'strongroom token lookup',
    'strongroom token lookup -accessor=Zr3Yk9',
  ])
    .argument('[token]', tokenWord)
    .option(...accessorFlag);
  onServer(command, context, async (session, flags, word: string | undefined) => {
    await printAnswer(session, await session.client.tokens.lookup(await readReference(context, flags, word)), '');
  });
}

function registerRenew(group: Command, context: CliContext): void {
  const command = addCommand(group, 'renew', 'Renews a token.', ['strongroom token renew -increment=2h'])
    .argument('[token]', tokenWord)
    .option(...accessorFlag)
    .option('--increment <duration>', 'time wished for');
  onServer(command, context, async (session, flags, word: string | undefined) => {
    const reference = await readReference(context, flags, word);
    await printAnswer(session, await session.client.tokens.renew(reference, textFlag(flags, 'increment')), 'renewed');
  });
}

function registerRevoke(group: Command, context: CliContext): void {
  const command = addCommand(group, 'revoke', 'Revokes a token and everything made with it.', [
    'strongroom token revoke -accessor=Zr3Yk9',
    'strongroom token revoke -self',
  ])
    .argument('[token]', 'the token: - for standard input, @file for a file')
    .option(...accessorFlag)
    .option('--self', 'the own token')
    .addOption(choiceFlag('--mode <mode>', 'orphan lets the children live on', ['orphan']));
  onServer(command, context, async (session, flags, word: string | undefined) => {
    const self = switchFlag(flags, 'self');
    const mode = textFlag(flags, 'mode');
    const reference = await readReference(context, flags, word);
    if (self === !('self' in reference)) {
      throw new UsageError('say which token', 'give exactly one of: a token (- or @file), -accessor, -self');
    }
    if (mode !== undefined && mode !== 'orphan') throw new UsageError('-mode is orphan or left out');
    if (mode === 'orphan' && !('token' in reference)) throw new UsageError('-mode=orphan needs the token itself');
    const answer = await session.client.tokens.revoke(reference, mode === 'orphan' ? 'orphan' : 'tree');
    await printAnswer(session, answer, 'revoked, if it existed');
  });
}

function registerCapabilities(group: Command, context: CliContext): void {
  const command = addCommand(group, 'capabilities', 'Shows what a token may do on a path.', [
    'strongroom token capabilities secret/data/app',
    'strongroom token capabilities -accessor=Zr3Yk9 secret/data/app',
  ])
    .argument('<words...>', 'PATH, or TOKEN PATH (TOKEN: - for standard input, @file for a file)')
    .option(...accessorFlag);
  onServer(command, context, async (session, flags, words: readonly string[]) => {
    if (words.length > 2) throw new UsageError('give a path, or a token and a path');
    const path = words.at(-1) as string;
    const reference = await readReference(context, flags, words.length === 2 ? words[0] : undefined);
    const answer = await session.client.tokens.capabilities(reference, [path]);
    const capabilities = answer.data?.[path] ?? answer.data?.capabilities ?? [];
    printWarnings(session, answer.warnings);
    if (session.settings.field !== undefined) return printField(session, { capabilities });
    if (session.settings.format !== 'table') return printStructured(session, capabilities);
    printLine(session, Array.isArray(capabilities) ? capabilities.join(', ') : cellText(capabilities));
  });
}

export function registerToken(program: Command, context: CliContext): void {
  const group = addCommand(program, 'token', 'Makes, looks up, renews and revokes tokens.', [
    'strongroom token create -policy=web -ttl=1h',
  ]);
  registerCreate(group, context);
  registerLookup(group, context);
  registerRenew(group, context);
  registerRevoke(group, context);
  registerCapabilities(group, context);
}
