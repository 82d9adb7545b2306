import type { Command } from 'commander';
import type { Answer, SealStatus } from '../../client/index.ts';
import { SecretText } from '../../lib/index.ts';
import type { CliContext, ExitCode } from '../context.ts';
import { addCommand, onServer } from '../define-command.ts';
import { readSecretFile } from '../files.ts';
import { type Flags, switchFlag, textFlag } from '../flag-values.ts';
import { printAnswer } from '../print.ts';
import { readSecret } from '../secret-input.ts';
import type { Session } from '../session.ts';

/** One share a line: standard input and files may hold several. */
function splitShares(text: SecretText): SecretText[] {
  return text
    .insecureText()
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => new SecretText(line));
}

async function readShares(context: CliContext, flags: Flags, word: string | undefined): Promise<SecretText[]> {
  const file = textFlag(flags, 'keyFile');
  if (file !== undefined) return splitShares(readSecretFile(file));
  return splitShares(await readSecret(context, { argument: word, what: 'an unseal key' }));
}

/** Gives shares one after the other until the server is open or none is left. */
async function giveShares(session: Session, shares: readonly SecretText[]): Promise<Answer<SealStatus>> {
  let answer = await session.client.sys.sealStatus();
  for (const key of shares) {
    answer = await session.client.sys.unseal({ key });
    if (answer.data.sealed === false) break;
  }
  return answer;
}

export function registerUnseal(group: Command, context: CliContext): void {
  const command = addCommand(
    group,
    'unseal',
    'Gives a key share to a sealed server. Exit code 0 when the share was taken.',
    [
      'strongroom operator unseal                       # asks, without showing',
      'strongroom operator unseal -key-file=share.txt   # one share a line',
      'strongroom operator unseal -reset',
    ],
  )
    .argument('[key]', 'the share: - for standard input, @file for a file; asked for if left out')
    .option('--key-file <file>', 'file with one share a line')
    .option('--reset', 'throw away the shares given so far');
  onServer(
    command,
    context,
    async (session, flags, word: string | undefined): Promise<ExitCode> => {
      const answer = switchFlag(flags, 'reset')
        ? await session.client.sys.unseal({ reset: true })
        : await giveShares(session, await readShares(context, flags, word));
      await printAnswer(session, answer, '');
      return 0;
    },
    'none',
  );
}
