import { type Command, Option } from 'commander';
import type { Answer, WireObject } from '../../client/index.ts';
import { type SecretText, StrongroomError } from '../../lib/index.ts';
import type { CliContext } from '../context.ts';
import { addCommand, onServer } from '../define-command.ts';
import { type Flags, switchFlag, textFlag } from '../flag-values.ts';
import { answerValues, humanValues, printAnswer, printField, printWarnings } from '../print.ts';
import { readSecret } from '../secret-input.ts';
import type { Session } from '../session.ts';
import { renderKeyValues } from '../table.ts';
import { reserveTokenFile, tokenFileName } from '../token-file.ts';
import { UsageError } from '../usage-error.ts';

interface LoggedIn {
  readonly answer: Answer<unknown>;
  readonly token: SecretText;
}

/** `username=anna` and a bare word: log-in takes both, as Vault's command does. */
function readWords(words: readonly string[]): { named: ReadonlyMap<string, string>; bare: string | undefined } {
  const named = new Map<string, string>();
  let bare: string | undefined;
  for (const word of words) {
    const equals = word.indexOf('=');
    if (equals > 0) named.set(word.slice(0, equals), word.slice(equals + 1));
    else if (bare === undefined) bare = word;
    else throw new UsageError('one token at most is given');
  }
  return { named, bare };
}

async function logIn(session: Session, flags: Flags, words: readonly string[]): Promise<LoggedIn> {
  const method = textFlag(flags, 'method') ?? 'token';
  const mount = textFlag(flags, 'path');
  // A token may itself contain an equals sign, so for this method the words are not taken apart.
  if (method === 'token') return checkToken(session, words, textFlag(flags, 'tokenFile'));
  const { named, bare } = readWords(words);
  if (bare !== undefined) throw new UsageError(`-method=${method} takes name=value words only`);
  const answer =
    method === 'cert' ? await byCert(session, named, mount) : await byPassword(session, named, mount, flags);
  if (answer.auth === null)
    throw new StrongroomError('login_failed', 'the server answered no token', {
      hint: 'the log-in may ask for a second factor',
    });
  return { answer, token: answer.auth.client_token };
}

function byCert(
  session: Session,
  named: ReadonlyMap<string, string>,
  mount: string | undefined,
): Promise<Answer<null>> {
  if (session.settings.clientCertFile === undefined) {
    throw new UsageError('-method=cert needs a client certificate', 'give -client-cert and -client-key');
  }
  return session.client.logins.cert(named.get('name'), mount);
}

async function byPassword(
  session: Session,
  named: ReadonlyMap<string, string>,
  mount: string | undefined,
  flags: Flags,
): Promise<Answer<null>> {
  const name = named.get('username');
  if (name === undefined) throw new UsageError('-method=userpass needs username=NAME');
  const password = await readSecret(session.context, {
    argument: named.get('password'),
    file: textFlag(flags, 'passwordFile'),
    what: 'the password',
  });
  return session.client.logins.userpass(name, password, mount);
}

async function checkToken(session: Session, words: readonly string[], file: string | undefined): Promise<LoggedIn> {
  if (words.length > 1) throw new UsageError('one token at most is given');
  const word = words[0]?.startsWith('token=') ? words[0].slice('token='.length) : words[0];
  const token = await readSecret(session.context, { argument: word, file, what: 'the token' });
  const answer = await session.withToken(token).tokens.lookup({ self: true });
  return { answer, token };
}

async function printLogin(session: Session, flags: Flags, { answer, token }: LoggedIn, kept: boolean): Promise<void> {
  const { context, settings } = session;
  printWarnings(session, answer.warnings);
  const values = { ...answerValues(answer), token };
  if (switchFlag(flags, 'tokenOnly')) return printField({ context, settings: { ...settings, field: 'token' } }, values);
  if (switchFlag(flags, 'noPrint')) return;
  if (settings.field !== undefined) return printField(session, values);
  if (settings.format !== 'table') return printAnswer(session, { ...answer, warnings: [] }, '');
  const { id: _id, ...shown } = values as Record<string, unknown> & { id?: unknown };
  const tokenText = kept ? `kept in ${tokenFileName(context.homeFolder ?? '')}` : token;
  context.stdout.write(renderKeyValues(humanValues({ ...(shown as WireObject), token: tokenText })));
}

export function registerLogin(program: Command, context: CliContext): void {
  const command = addCommand(
    program,
    'login [words...]',
    'Logs in and keeps the token in ~/.strongroom-token (mode 0600).',
    [
      'strongroom login                                     # asks for a token',
      'strongroom login -method=userpass username=anna      # asks for the password',
      'strongroom login -method=cert -client-cert=me.crt -client-key=me.key',
    ],
  )
    .addOption(new Option('--method <name>', 'how to log in').choices(['token', 'userpass', 'cert']).default('token'))
    .option('--path <mount>', 'where the method is mounted, if not under its own name')
    .option('--token-file <file>', 'read the token from a file')
    .option('--password-file <file>', 'read the password from a file')
    .option('--no-store', 'print the token, do not keep it')
    .option('--no-print', 'print nothing')
    .option('--token-only', 'print the token alone, do not keep it');
  onServer(
    command,
    context,
    async (session, flags, words: readonly string[]) => {
      const noPrint = flags.print === false;
      const kept = flags.store !== false && !switchFlag(flags, 'tokenOnly');
      using file = kept ? reserveTokenFile(context.homeFolder) : undefined;
      const result = await logIn(session, flags, words);
      file?.write(result.token.insecureText());
      await printLogin(session, { ...flags, noPrint }, result, kept);
    },
    'none',
  );
}
