import { type Command, Option } from 'commander';
import { ApiError } from '../client/index.ts';
import type { CliContext, ExitCode } from './context.ts';
import type { Flags } from './flag-values.ts';
import { printStructured } from './print.ts';
import { printError } from './print-error.ts';
import { openSession, type Session } from './session.ts';

/** Adds a value each time the flag is given. */
export function collect(value: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), value];
}

/** A flag that takes one of a few words; any other is refused before something is sent. */
export function choiceFlag(flag: string, text: string, choices: readonly string[]): Option {
  return new Option(flag, text).choices(choices);
}

/** A group such as `key`, or a command such as `status`, below `parent`. */
export function addCommand(parent: Command, usage: string, summary: string, examples: readonly string[] = []): Command {
  const command = parent.command(usage).description(summary);
  const title = examples.length === 1 ? 'Example' : 'Examples';
  if (examples.length > 0)
    command.addHelpText('after', `\n${title}:\n${examples.map((line) => `  ${line}\n`).join('')}`);
  return command;
}

const outputGroup = 'Output:';
const connectionGroup = 'Connection:';

/** `-format` and `-field`. */
export function addOutputFlags(command: Command): Command {
  return command
    .addOption(new Option('--format <name>', 'table, json or yaml (STRONGROOM_FORMAT)').helpGroup(outputGroup))
    .addOption(new Option('--field <name>', 'print this value alone').helpGroup(outputGroup));
}

/** The flags of every command that talks to a server. */
export function addServerFlags(command: Command): Command {
  addOutputFlags(command);
  const flags: readonly (readonly [string, string])[] = [
    ['--address <url>', 'address of the server (STRONGROOM_ADDR)'],
    ['--ca-cert <file>', 'authority to trust, PEM (STRONGROOM_CACERT)'],
    ['--client-cert <file>', 'client certificate, PEM (STRONGROOM_CLIENT_CERT)'],
    ['--client-key <file>', 'its key, PEM (STRONGROOM_CLIENT_KEY)'],
    ['--namespace <path>', 'namespace (STRONGROOM_NAMESPACE)'],
    ['--tls-skip-verify', "insecure: do not check the server's certificate (STRONGROOM_SKIP_VERIFY)"],
  ];
  for (const [flag, text] of flags) command.addOption(new Option(flag, text).helpGroup(connectionGroup));
  return command.addOption(new Option('--ns <path>').hideHelp());
}

type Words = readonly (string | readonly string[] | undefined)[];

/** What commander hands an action: the arguments, then flags, then the command. */
function splitActionArgs(all: readonly unknown[]): { words: Words; flags: Flags } {
  return { words: all.slice(0, -2) as Words, flags: all.at(-2) as Flags };
}

/** Programs that read a list get `{}` where there is nothing to list, with 2 as ever: as Vault's command line does. */
function isEmptyList(error: unknown, { settings }: Session): boolean {
  if (settings.format === 'table' || settings.field !== undefined) return false;
  return (
    error instanceof ApiError && error.status === 404 && error.errors.length === 0 && error.request.startsWith('LIST ')
  );
}

/** Runs `act` with a session; errors are printed here, where it is known whether a token was sent. */
export function onServer<Args extends Words>(
  command: Command,
  context: CliContext,
  act: (session: Session, flags: Flags, ...words: Args) => Promise<ExitCode | undefined> | Promise<void>,
  token: 'kept' | 'none' = 'kept',
): void {
  addServerFlags(command).action(async (...all: unknown[]) => {
    const { words, flags } = splitActionArgs(all);
    let session: Session | undefined;
    try {
      session = openSession(context, flags, token);
      context.exitCode = (await act(session, flags, ...(words as Args))) ?? 0;
    } catch (error) {
      if (session !== undefined && isEmptyList(error, session)) {
        await printStructured(session, {});
        context.exitCode = 2;
      } else context.exitCode = printError(context, error, session?.hasToken !== false || token === 'none');
    } finally {
      session?.close();
    }
  });
}

/** The same for commands that need no server. */
export function onMachine<Args extends Words>(
  command: Command,
  context: CliContext,
  act: (flags: Flags, ...words: Args) => Promise<ExitCode | undefined> | Promise<void>,
): void {
  command.action(async (...all: unknown[]) => {
    const { words, flags } = splitActionArgs(all);
    try {
      context.exitCode = (await act(flags, ...(words as Args))) ?? 0;
    } catch (error) {
      context.exitCode = printError(context, error);
    }
  });
}
