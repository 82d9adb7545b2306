import { Command, CommanderError } from 'commander';
import { strongroomVersion, vaultApiVersion } from '../lib/index.ts';
import { commandGroups } from './command-groups.ts';
import type { CliContext, ExitCode } from './context.ts';
import { normaliseFlags } from './normalise-flags.ts';
import { printError } from './print-error.ts';
import { UsageError } from './usage-error.ts';

/** One line for scripts: ours and the level of the API. */
export const versionText = `strongroom ${strongroomVersion} (Vault API ${vaultApiVersion})`;

const footer = `
Flags take one dash or two. Environment: STRONGROOM_ADDR, _TOKEN, _CACERT, _NAMESPACE, _CLIENT_CERT, _CLIENT_KEY,
_SKIP_VERIFY, _FORMAT; the same names with VAULT_ are read where these are not set.
Exit codes: 0 done, 1 wrong usage, 2 refused or failed. For "status": 0 unsealed, 2 sealed, 1 no answer.
`;

/** Of the program itself: every other flag is a command's. */
const ownFlags = new Set(['h', 'help', 'v', 'version']);

/** Only the group that was asked for is loaded: the others are names and summaries. */
async function buildProgram(context: CliContext, firstWord: string | undefined): Promise<Command> {
  const program = new Command('strongroom')
    .description('Issues, checks, rotates and revokes the credentials machines use.')
    .version(versionText, '--version', 'print the version')
    .helpOption('--help', 'print help')
    .addHelpText('after', footer)
    .showHelpAfterError('hint: add --help to see how it is used')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
      outputError: (text, write) => write(hideFlagValues(text)),
    });
  for (const group of commandGroups) {
    if (group.name === firstWord) (await group.load())(program, context);
    else program.command(group.name).description(group.summary);
  }
  return program;
}

/** The parser repeats a flag it does not know, or a word that is no choice, with its value, which may be a secret. */
function hideFlagValues(text: string): string {
  return text
    .replace(/(option '[^'=\s]+)=[^']*'/g, "$1'")
    .replace(/ argument '[\s\S]*' is invalid\. Allowed choices are /, ' takes one of: ');
}

/** Runs one command line (without the program's name) and answers the exit code. Nothing is thrown. */
export async function runCli(args: readonly string[], context: CliContext): Promise<ExitCode> {
  try {
    const first = /^--?([a-z][a-z-]*)/.exec(args[0] ?? '')?.[1];
    if (first !== undefined && !ownFlags.has(first)) {
      throw new UsageError('flags stand behind the command', `as in: strongroom status -${first}…`);
    }
    const program = await buildProgram(context, args[0] === 'help' ? args[1] : args[0]);
    await program.parseAsync(normaliseFlags(args, program), { from: 'user' });
    return context.exitCode;
  } catch (error) {
    // Help and version end with 0; help shown in place of a missing command, and all else the parser says, is usage.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 1;
    return printError(context, error);
  }
}
