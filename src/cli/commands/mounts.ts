import type { Command } from 'commander';
import type { Answer, Client, MountRequest, MountTable } from '../../client/index.ts';
import { formatShortDuration } from '../../lib/index.ts';
import type { CliContext } from '../context.ts';
import { addCommand, choiceFlag, collect, onServer } from '../define-command.ts';
import { type Flags, mapFlag, switchFlag, textFlag } from '../flag-values.ts';
import { printAnswer, printItems, printWarnings } from '../print.ts';

/** `secrets` and `auth` are the same three commands on two tables of mounts. */
export interface MountCommands {
  readonly group: string;
  readonly summary: string;
  /** "secret engine", "log-in method". */
  readonly noun: string;
  /** Flags of `enable` that the other table's does not have. */
  readonly enableFlags: readonly (readonly [flag: string, text: string])[];
  readonly examples: { readonly enable: string; readonly disable: string };
  list(client: Client): Promise<Answer<MountTable>>;
  enable(client: Client, path: string, request: MountRequest): Promise<Answer<null>>;
  disable(client: Client, path: string): Promise<Answer<null>>;
}

function readRequest(type: string, flags: Flags): MountRequest {
  const version = textFlag(flags, 'version');
  const options = { ...mapFlag(flags, 'options'), ...(version === undefined ? {} : { version }) };
  const config = {
    default_lease_ttl: textFlag(flags, 'defaultLeaseTtl'),
    max_lease_ttl: textFlag(flags, 'maxLeaseTtl'),
    listing_visibility: textFlag(flags, 'listingVisibility'),
  };
  return {
    type,
    description: textFlag(flags, 'description'),
    local: switchFlag(flags, 'local') ? true : undefined,
    config: Object.values(config).some((value) => value !== undefined) ? config : undefined,
    options: Object.keys(options).length === 0 ? undefined : options,
  };
}

function registerEnable(group: Command, context: CliContext, commands: MountCommands): void {
  const command = addCommand(group, 'enable <type>', `Enables a ${commands.noun}.`, [commands.examples.enable])
    .option('--path <path>', 'where to mount it, if not under its own name')
    .option('--description <text>', 'what it is for')
    .option('--options <name=value>', 'option of the engine; repeatable', collect)
    .option('--default-lease-ttl <duration>', 'lifetime where none is asked for')
    .option('--max-lease-ttl <duration>', 'longest lifetime')
    .addOption(choiceFlag('--listing-visibility <word>', '"unauth" shows it before log-in', ['unauth', 'hidden']))
    .option('--local', 'keep it on this cluster');
  for (const [flag, text] of commands.enableFlags) command.option(flag, text);
  onServer(command, context, async (session, flags, type: string) => {
    const path = textFlag(flags, 'path') ?? type.replace(/^kv-v[12]$/, 'kv');
    const answer = await commands.enable(session.client, path, readRequest(type, flags));
    await printAnswer(session, answer, `enabled: ${type} at ${path.replace(/\/*$/, '/')}`);
  });
}

/** A mount of which none is set takes the server's. */
function describeTtl(seconds: unknown): string {
  return typeof seconds === 'number' && seconds > 0 ? formatShortDuration(seconds) : 'system';
}

function registerList(group: Command, context: CliContext, commands: MountCommands): void {
  const command = addCommand(group, 'list', `Lists the ${commands.noun}s.`, [
    `strongroom ${commands.group} list -format=json`,
  ]).option('--detailed', 'with lifetimes and options');
  onServer(command, context, async (session, flags) => {
    const answer = await commands.list(session.client);
    printWarnings(session, answer.warnings);
    const rows = Object.entries(answer.data ?? {}).map(([path, info]) => ({
      ...info,
      path,
      default_ttl: describeTtl(info.config?.default_lease_ttl),
      max_ttl: describeTtl(info.config?.max_lease_ttl),
    }));
    const columns = ['path', 'type', 'accessor', 'description'];
    const more = ['default_ttl', 'max_ttl', 'options'];
    await printItems(session, answer.data, switchFlag(flags, 'detailed') ? [...columns, ...more] : columns, rows);
  });
}

export function registerMountCommands(program: Command, context: CliContext, commands: MountCommands): void {
  const group = addCommand(program, commands.group, commands.summary, [commands.examples.enable]);
  registerList(group, context, commands);
  registerEnable(group, context, commands);
  const summary = `Disables the ${commands.noun} at a path and revokes everything it gave out.`;
  onServer(
    addCommand(group, 'disable <path>', summary, [commands.examples.disable]),
    context,
    async (session, _flags, path: string) => {
      await printAnswer(session, await commands.disable(session.client, path), `disabled, if it was there: ${path}`);
    },
  );
}
