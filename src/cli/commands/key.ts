import type { Command } from 'commander';
import { type ApiKeyFilter, credentialStates } from '../../client/index.ts';
import type { CliContext } from '../context.ts';
import { addCommand, choiceFlag, collect, onServer } from '../define-command.ts';
import { type Flags, listFlag, mapFlag, numberFlag, textFlag } from '../flag-values.ts';
import { printAnswer, printItems, printWarnings } from '../print.ts';
import { readSecret } from '../secret-input.ts';
import { UsageError } from '../usage-error.ts';

const mountOf = (flags: Flags): { mount: string | undefined } => ({ mount: textFlag(flags, 'mount') });

/** A command of the group, with the flag that says where the engine is mounted. */
function addKeyCommand(group: Command, usage: string, summary: string, examples: readonly string[]): Command {
  return addCommand(group, usage, summary, examples).option('--mount <path>', 'where the engine is mounted (api-keys)');
}

function registerCreate(group: Command, context: CliContext): void {
  const command = addKeyCommand(group, 'create', 'Makes an API key; the key is shown this once.', [
    'strongroom key create -name=billing -owner=payments -scope=invoices:read -ttl=90d',
    'strongroom key create -name=ci -field=key > key.txt',
  ])
    .option('--space <name>', 'space it belongs to (default)')
    .option('--name <name>', 'what it is for')
    .option('--owner <owner>', 'who answers for it')
    .option('--contact <contact>', 'whom to tell about it')
    .option('--external-id <id>', "the owner's own id for it")
    .option('--scope <scope>', 'scope; repeatable', collect)
    .option('--policy <name>', 'policy for Strongroom itself; repeatable', collect)
    .option('--ttl <duration>', 'lifetime')
    .option('--expire-time <time>', 'end of life, RFC 3339')
    .option('--not-before <time>', 'start of life, RFC 3339')
    .option('--bound-cidr <block>', 'address block it is good from; repeatable', collect)
    .option('--credits <number>', 'how often it may be used')
    .option('--cert-thumbprint <hash>', 'client certificate it is bound to, SHA-256')
    .option('--tag <tag>', 'tag; repeatable', collect)
    .option('--metadata <name=value>', 'metadata; repeatable', collect)
    .option('--idempotency-key <text>', 'a repetition with the same text gives the same key');
  onServer(command, context, async (session, flags) => {
    const idempotencyKey = textFlag(flags, 'idempotencyKey');
    const answer = await session.client.apiKeys.create(
      {
        space: textFlag(flags, 'space'),
        name: textFlag(flags, 'name'),
        owner: textFlag(flags, 'owner'),
        contact: textFlag(flags, 'contact'),
        external_id: textFlag(flags, 'externalId'),
        scopes: listFlag(flags, 'scope'),
        policies: listFlag(flags, 'policy'),
        ttl: textFlag(flags, 'ttl'),
        expire_time: textFlag(flags, 'expireTime'),
        not_before: textFlag(flags, 'notBefore'),
        bound_cidrs: listFlag(flags, 'boundCidr'),
        credits: numberFlag(flags, 'credits'),
        cert_thumbprint: textFlag(flags, 'certThumbprint'),
        tags: listFlag(flags, 'tag'),
        metadata: mapFlag(flags, 'metadata'),
      },
      { ...mountOf(flags), ...(idempotencyKey === undefined ? {} : { idempotencyKey }) },
    );
    await printAnswer(session, answer, 'made');
  });
}

/** Flag → filter of the API; camel-cased flag names are those of the filter in kebab case. */
const filterFlags: readonly (readonly [keyof ApiKeyFilter, string, string])[] = [
  ['space', '--space <name>', 'of this space'],
  ['owner', '--owner <owner>', 'of this owner'],
  ['external_id', '--external-id <id>', 'with this external id'],
  ['tag', '--tag <tag>', 'with this tag'],
  ['scope', '--scope <scope>', 'with this scope'],
  ['start', '--start <text>', 'whose visible beginning is this'],
  ['name', '--name <name>', 'of this name'],
  ['created_after', '--created-after <time>', 'made after, RFC 3339'],
  ['created_before', '--created-before <time>', 'made before'],
  ['expires_after', '--expires-after <time>', 'ending after'],
  ['expires_before', '--expires-before <time>', 'ending before'],
  ['used_after', '--used-after <time>', 'last used after'],
  ['used_before', '--used-before <time>', 'last used before'],
  ['unused_since', '--unused-since <duration>', 'not used for so long'],
  ['after', '--after <cursor>', 'the page after this cursor'],
];

const sortWords = ['created_time', 'expire_time', 'last_used_time'].flatMap((member) => [member, `-${member}`]);

const camel = (name: string): string => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

function registerList(group: Command, context: CliContext): void {
  const command = addKeyCommand(group, 'list', 'Lists API keys.', [
    'strongroom key list -owner=payments -state=active',
    'strongroom key list -unused-since=90d -sort=-created_time',
  ]);
  for (const [, flag, text] of filterFlags) command.option(flag, text);
  command
    .addOption(choiceFlag('--state <state>', 'in this state', credentialStates))
    .addOption(choiceFlag('--sort <member>', 'sorted by this; - in front for descending', sortWords))
    .option('--limit <number>', 'how many at most (100)');
  onServer(command, context, async (session, flags) => {
    const filter = Object.fromEntries(
      [...filterFlags.map(([name]) => name), 'state', 'sort'].map((name) => [name, textFlag(flags, camel(name))]),
    );
    const answer = await session.client.apiKeys.list({ ...filter, limit: numberFlag(flags, 'limit') }, mountOf(flags));
    printWarnings(session, answer.warnings);
    const keys = answer.data?.keys ?? [];
    const rows = keys.map((id) => ({ ...answer.data.key_info?.[id], id }));
    await printItems(session, answer.data, ['id', 'start', 'name', 'owner', 'space', 'state', 'expire_time'], rows);
    if (answer.data?.next) context.stderr.write(`more: add -after=${answer.data.next}\n`);
  });
}

function registerVerify(group: Command, context: CliContext): void {
  const command = addKeyCommand(group, 'verify', 'Checks a key. Exit code: 0 valid, 2 not.', [
    'strongroom key verify -scope=invoices:read < key.txt',
    'strongroom key verify @key.txt -client-address=203.0.113.7',
  ])
    .argument('[key]', 'the key: - for standard input, @file for a file; asked for if left out')
    .option('--scope <scope>', 'scope it must have; repeatable', collect)
    .addOption(choiceFlag('--scope-mode <mode>', 'how many of the scopes it must have', ['all', 'any']))
    .option('--client-address <address>', "address of the caller's client")
    .option('--cert-thumbprint <hash>', 'client certificate that came with it')
    .option('--cost <number>', 'credits it takes (1)')
    .option('--request-id <id>', 'a repetition with the same id counts once');
  onServer(command, context, async (session, flags, word: string | undefined) => {
    const mode = textFlag(flags, 'scopeMode');
    if (mode !== undefined && mode !== 'all' && mode !== 'any') throw new UsageError('-scope-mode is all or any');
    const answer = await session.client.apiKeys.verify(
      {
        key: await readSecret(context, { argument: word, what: 'the key' }),
        scopes: listFlag(flags, 'scope'),
        scope_mode: mode,
        address: textFlag(flags, 'clientAddress'),
        cert_thumbprint: textFlag(flags, 'certThumbprint'),
        cost: numberFlag(flags, 'cost'),
        request_id: textFlag(flags, 'requestId'),
      },
      mountOf(flags),
    );
    await printAnswer(session, answer, '');
    return answer.data?.valid === true ? 0 : 2;
  });
}

function registerRotate(group: Command, context: CliContext): void {
  const command = addKeyCommand(
    group,
    'rotate',
    'Makes a new key in place of an old one; both are good during the overlap.',
    ['strongroom key rotate k_7Hq2 -overlap=24h'],
  )
    .argument('<id>', 'id of the key')
    .option('--overlap <duration>', 'how long the old one stays good')
    .option('--ttl <duration>', 'lifetime of the new one')
    .option('--idempotency-key <text>', 'a repetition with the same text gives the same key');
  onServer(command, context, async (session, flags, id: string) => {
    const idempotencyKey = textFlag(flags, 'idempotencyKey');
    const answer = await session.client.apiKeys.rotate(
      id,
      { overlap: textFlag(flags, 'overlap'), ttl: textFlag(flags, 'ttl') },
      { ...mountOf(flags), ...(idempotencyKey === undefined ? {} : { idempotencyKey }) },
    );
    await printAnswer(session, answer, 'rotated');
  });
}

function registerStateChange(
  group: Command,
  context: CliContext,
  verb: 'revoke' | 'enable' | 'disable',
  summary: string,
): void {
  const command = addKeyCommand(group, verb, summary, [`strongroom key ${verb} k_7Hq2 -reason="found in a repository"`])
    .argument('<id>', 'id of the key')
    .option('--reason <text>', 'why, for the record');
  onServer(command, context, async (session, flags, id: string) => {
    const answer = await session.client.apiKeys[verb](id, textFlag(flags, 'reason'), mountOf(flags));
    await printAnswer(session, answer, `${verb}d: ${id}`);
  });
}

export function registerKey(program: Command, context: CliContext): void {
  const group = addCommand(program, 'key', 'Makes, checks, rotates and revokes API keys.', [
    'strongroom key create -name=billing -owner=payments',
  ]);
  registerCreate(group, context);
  registerList(group, context);
  const get = addKeyCommand(group, 'get', 'Shows an API key, without the key itself.', ['strongroom key get k_7Hq2']);
  onServer(get.argument('<id>', 'id of the key'), context, async (session, flags, id: string) => {
    await printAnswer(session, await session.client.apiKeys.get(id, mountOf(flags)), '');
  });
  registerVerify(group, context);
  registerRotate(group, context);
  registerStateChange(group, context, 'revoke', 'Revokes a key for good.');
  registerStateChange(group, context, 'disable', 'Puts a key out of use until it is enabled.');
  registerStateChange(group, context, 'enable', 'Puts a disabled key back into use.');
}
