import type { Command } from 'commander';
import {
  type Answer,
  ApiError,
  type IssuedCertificate,
  type RawAnswer,
  type SignedCertificate,
} from '../../client/index.ts';
import { StrongroomError } from '../../lib/index.ts';
import type { CliContext } from '../context.ts';
import { addCommand, collect, onServer } from '../define-command.ts';
import { type ReservedFile, readTextFile, reservePrivateFile } from '../files.ts';
import { type Flags, listFlag, switchFlag, textFlag } from '../flag-values.ts';
import { printAnswer, printField, printKeys, printLine, printStructured, printWarnings } from '../print.ts';
import { readStdin } from '../secret-input.ts';
import type { Session } from '../session.ts';

const mountOf = (flags: Flags): { mount: string | undefined } => ({ mount: textFlag(flags, 'mount') });

function addCertCommand(group: Command, usage: string, summary: string, examples: readonly string[]): Command {
  return addCommand(group, usage, summary, examples).option('--mount <path>', 'where the engine is mounted (pki)');
}

function addNameFlags(command: Command): Command {
  return command
    .option('--alt-names <names>', 'more DNS names and mail addresses, comma-separated')
    .option('--ip-san <address>', 'IP address; repeatable', collect)
    .option('--uri-san <uri>', 'URI; repeatable', collect)
    .option('--ttl <duration>', 'lifetime');
}

const readNames = (flags: Flags) => ({
  alt_names: textFlag(flags, 'altNames'),
  ip_sans: listFlag(flags, 'ipSan'),
  uri_sans: listFlag(flags, 'uriSan'),
  ttl: textFlag(flags, 'ttl'),
});

const line = (pem: string): string => (pem.endsWith('\n') ? pem : `${pem}\n`);

interface CertificateFiles extends Disposable {
  /** Answers the names of what it wrote. */
  write(data: SignedCertificate | IssuedCertificate): string[];
}

/** Makes the new files before anything is asked for: a certificate whose key has no place to go is issued for nothing. */
function reserveFiles(prefix: string, withKey: boolean): CertificateFiles {
  using made = new DisposableStack();
  const reserve = (ending: string): ReservedFile => made.use(reservePrivateFile(`${prefix}.${ending}`));
  const key = withKey ? reserve('key') : undefined;
  const certificate = reserve('crt');
  const chain = reserve('ca.crt');
  const kept = made.move();
  return {
    write(data) {
      // The key first: without it the certificate is of no use.
      if ('private_key' in data) key?.write(line(data.private_key.insecureText()));
      certificate.write(line(data.certificate));
      chain.write((data.ca_chain?.length ? data.ca_chain : [data.issuing_ca]).map(line).join(''));
      return [...(withKey ? ['key'] : []), 'crt', 'ca.crt'].map((ending) => `${prefix}.${ending}`);
    },
    [Symbol.dispose]: () => kept.dispose(),
  };
}

/** Prints what was issued, or puts it into the files of `-out`. */
async function deliver(
  session: Session,
  flags: Flags,
  withKey: boolean,
  ask: () => Promise<Answer<SignedCertificate | IssuedCertificate>>,
): Promise<void> {
  const out = textFlag(flags, 'out');
  if (out === undefined) return printAnswer(session, await ask(), '');
  using files = reserveFiles(out, withKey);
  const answer = await ask();
  printWarnings(session, answer.warnings);
  const written = files.write(answer.data);
  const { serial_number } = answer.data;
  if (session.settings.field !== undefined) return printField(session, { serial_number });
  if (session.settings.format !== 'table') return printStructured(session, { serial_number, files: written });
  printLine(session, `serial number ${serial_number}; written: ${written.join(', ')}`);
}

function registerIssue(group: Command, context: CliContext): void {
  const command = addCertCommand(group, 'issue <role> <common-name>', 'Issues a certificate with a new key.', [
    'strongroom cert issue web app.example.com -ttl=72h -out=app',
  ]).option('--out <prefix>', 'write new files PREFIX.key, PREFIX.crt and PREFIX.ca.crt (mode 0600) and print no key');
  onServer(addNameFlags(command), context, async (session, flags, role: string, commonName: string) => {
    const fields = { common_name: commonName, ...readNames(flags) };
    await deliver(session, flags, true, () => session.client.pki.issue(role, fields, mountOf(flags)));
  });
}

function registerSign(group: Command, context: CliContext): void {
  const command = addCertCommand(
    group,
    'sign <role> <csr-file>',
    'Signs a certificate request (PEM; - for standard input).',
    ['strongroom cert sign web app.csr -ttl=72h -field=certificate > app.crt'],
  )
    .option('--common-name <name>', 'name, if not the one of the request')
    .option('--out <prefix>', 'write new files PREFIX.crt and PREFIX.ca.crt (mode 0600)');
  onServer(addNameFlags(command), context, async (session, flags, role: string, file: string) => {
    const csr = file === '-' ? await readStdin(context) : readTextFile(file);
    const fields = { csr, ...readNames(flags) };
    const name = textFlag(flags, 'commonName');
    const all = name === undefined ? fields : { ...fields, common_name: name };
    await deliver(session, flags, false, () => session.client.pki.sign(role, all, mountOf(flags)));
  });
}

/** PEM goes to standard output as it is: nothing else is of use to the next program, unless it asks for JSON. */
async function printPem(session: Session, flags: Flags, name: string, ask: () => Promise<RawAnswer>): Promise<void> {
  const mount = textFlag(flags, 'mount') ?? 'pki';
  // These routes are public, so without a token the server does not say whether there is such a mount.
  const answer = await ask().catch((error) => {
    if (!(error instanceof ApiError) || error.status !== 403) throw error;
    throw new StrongroomError('not_found', `there is no CA at ${mount}/ (403, ${error.request})`, {
      hint: 'list what is mounted: strongroom secrets list; -mount says where',
    });
  });
  if (answer.bytes.length === 0) {
    const what = name === 'crl' ? 'CRL' : 'CA';
    throw new StrongroomError('not_found', `this mount has no ${what} yet`, { hint: 'generate or import a CA first' });
  }
  const pem = line(answer.bytes.toString('utf8'));
  const { field, format } = session.settings;
  if (field !== undefined) return printField(session, { [name]: pem });
  if (format !== 'table') return printStructured(session, { [name]: pem });
  session.context.stdout.write(pem);
}

export function registerCert(program: Command, context: CliContext): void {
  const group = addCommand(program, 'cert', 'Issues, signs and revokes certificates.', [
    'strongroom cert issue web app.example.com -out=app',
  ]);
  registerIssue(group, context);
  registerSign(group, context);
  const revoke = addCertCommand(group, 'revoke <serial-number>', 'Revokes a certificate.', [
    'strongroom cert revoke 17:ab:30:0c:52:1f',
  ]);
  onServer(revoke, context, async (session, flags, serialNumber: string) => {
    await printAnswer(
      session,
      await session.client.pki.revoke(serialNumber, mountOf(flags)),
      `revoked: ${serialNumber}`,
    );
  });
  const list = addCertCommand(group, 'list', 'Lists the serial numbers of stored certificates.', [
    'strongroom cert list',
  ]);
  onServer(list, context, async (session, flags) => printKeys(session, await session.client.pki.list(mountOf(flags))));
  const ca = addCertCommand(group, 'ca', "Prints the CA's certificate (PEM).", ['strongroom cert ca > ca.crt']).option(
    '--chain',
    'the whole chain',
  );
  onServer(ca, context, async (session, flags) => {
    const { pki } = session.client;
    if (switchFlag(flags, 'chain')) return printPem(session, flags, 'ca_chain', () => pki.caChainPem(mountOf(flags)));
    await printPem(session, flags, 'certificate', () => pki.caPem(mountOf(flags)));
  });
  const crl = addCertCommand(group, 'crl', "Prints the CA's revocation list (PEM).", ['strongroom cert crl > ca.crl']);
  onServer(crl, context, async (session, flags) =>
    printPem(session, flags, 'crl', () => session.client.pki.crlPem(mountOf(flags))),
  );
}
