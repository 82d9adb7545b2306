import type { Command } from 'commander';
import type { Answer, InitRequest, InitResult, SealStatus } from '../../client/index.ts';
import type { CliContext, ExitCode } from '../context.ts';
import { addCommand, onServer } from '../define-command.ts';
import { reservePrivateFile } from '../files.ts';
import { type Flags, numberFlag, switchFlag, textFlag } from '../flag-values.ts';
import { printField, printLine, printStructured } from '../print.ts';
import type { Session } from '../session.ts';
import { revealSecrets } from '../table.ts';
import { UsageError } from '../usage-error.ts';

const defaultShares = 5;
const defaultThreshold = 3;

/** Shamir seals take shares of the key itself; a seal by HSM takes recovery shares. */
function readRequest(flags: Flags, status: SealStatus): InitRequest {
  const shares = numberFlag(flags, 'keyShares');
  const threshold = numberFlag(flags, 'keyThreshold');
  const recoveryShares = numberFlag(flags, 'recoveryShares');
  const recoveryThreshold = numberFlag(flags, 'recoveryThreshold');
  if (status.type === 'shamir') {
    if (recoveryShares !== undefined || recoveryThreshold !== undefined) {
      throw new UsageError('this server is sealed by key shares, not by an HSM', 'use -key-shares and -key-threshold');
    }
    return { secret_shares: shares ?? defaultShares, secret_threshold: threshold ?? defaultThreshold };
  }
  if (shares !== undefined || threshold !== undefined) {
    throw new UsageError(`this server is sealed by ${status.type}`, 'use -recovery-shares and -recovery-threshold');
  }
  return {
    recovery_shares: recoveryShares ?? defaultShares,
    recovery_threshold: recoveryThreshold ?? defaultThreshold,
  };
}

function renderInit({ data }: Answer<InitResult>): string {
  const unseal = (data.keys_base64 ?? []).map((key, index) => `Unseal Key ${index + 1}: ${key.insecureText()}\n`);
  const recovery = (data.recovery_keys_base64 ?? []).map(
    (key, index) => `Recovery Key ${index + 1}: ${key.insecureText()}\n`,
  );
  const notice =
    'These are shown this once. Give each share to another person; nobody can make them again.\n' +
    'Revoke the root token when the first policies and log-ins are set up.\n';
  return `${[...unseal, ...recovery].join('')}\nInitial Root Token: ${data.root_token.insecureText()}\n\n${notice}`;
}

async function showStatus(session: Session): Promise<ExitCode> {
  const { data } = await session.client.sys.initialized();
  if (session.settings.format === 'table') printLine(session, data.initialized ? 'initialised' : 'not initialised');
  else await printStructured(session, data);
  return data.initialized === true ? 0 : 2;
}

export function registerInit(group: Command, context: CliContext): void {
  const command = addCommand(
    group,
    'init',
    'Initialises a new server and prints the key shares and the root token, this once.',
    [
      'strongroom operator init -key-shares=5 -key-threshold=3',
      'strongroom operator init -out=init.json      # mode 0600, nothing on the screen',
      'strongroom operator init -status             # exit code 0 initialised, 2 not',
    ],
  )
    .option('--key-shares <number>', 'shares to split the key into (5)')
    .option('--key-threshold <number>', 'shares needed to unseal (3)')
    .option('--recovery-shares <number>', 'with an HSM: recovery shares (5)')
    .option('--recovery-threshold <number>', 'with an HSM: recovery shares needed (3)')
    .option('--out <file>', 'write the answer as JSON to a new file of mode 0600')
    .option('--status', 'only tell whether it is initialised');
  onServer(
    command,
    context,
    async (session, flags) => {
      if (switchFlag(flags, 'status')) return showStatus(session);
      const out = textFlag(flags, 'out');
      // The file is made before the server is: shares that cannot be kept must not be made.
      const status = await session.client.sys.sealStatus();
      const request = readRequest(flags, status.data);
      using file = out === undefined ? undefined : reservePrivateFile(out);
      const answer = await session.client.sys.init(request);
      if (file !== undefined) {
        file.write(`${JSON.stringify(revealSecrets(answer.body), undefined, 2)}\n`);
        printLine(session, `initialised; shares and root token written to ${out}`);
      } else if (session.settings.field !== undefined) printField(session, { ...answer.data });
      else if (session.settings.format !== 'table') await printStructured(session, answer.body);
      else context.stdout.write(renderInit(answer));
      return 0;
    },
    'none',
  );
}
