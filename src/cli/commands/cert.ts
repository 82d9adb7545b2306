import type { Command } from 'commander';
import type { IssuedCertificate, RawAnswer, SignedCertificate } from '../../client/index.ts';
import { StrongroomError } from '../../lib/index.ts';
import type { CliContext } from '../context.ts';
import { addCommand, collect, onServer } from '../define-command.ts';
import { createPrivateFile, readTextFile } from '../files.ts';
import { type Flags, listFlag, switchFlag, textFlag } from '../flag-values.ts';
import { printAnswer, printKeys, printLine, printWarnings } from '../print.ts';
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
    .option('--ttl <duration>', 'lifetime')
    .option('--out <prefix>', 'write PREFIX.crt, PREFIX.ca.crt and PREFIX.key (mode 0600) and print no key');
}

const readNames = (flags: Flags) => ({
  alt_names: textFlag(flags, 'altNames'),
  ip_sans: listFlag(flags, 'ipSan'),
  uri_sans: listFlag(flags, 'uriSan'),
  ttl: textFlag(flags, 'ttl'),
});

const line = (pem: string): string => (pem.endsWith('\n') ? pem : `${pem}\n`);

/** Writes new files, the key first: without it the certificate is of no use. */
function writeCertificate(session: Session, prefix: string, data: SignedCertificate | IssuedCertificate): void {
  const written: string[] = [];
  const write = (ending: string, text: string): void => {
    createPrivateFile(`${prefix}.${ending}`, line(text));
    written.push(`${prefix}.${ending}`);
  };
  if ('private_key' in data) write('key', data.private_key.insecureText());
  write('crt', data.certificate);
  const chain = data.ca_chain?.length ? data.ca_chain : [data.issuing_ca];
  write('ca.crt', chain.map(line).join(''));
  printLine(session, `serial number ${data.serial_number}; written: ${written.join(', ')}`);
}

function registerIssue(group: Command, context: CliContext): void {
  const command = addCertCommand(group, 'issue <role> <common-name>', 'Issues a certificate with a new key.', [
    'strongroom cert issue web app.example.com -ttl=72h -out=app',
  ]);
  onServer(addNameFlags(command), context, async (session, flags, role: string, commonName: string) => {
    const answer = await session.client.pki.issue(
      role,
      { common_name: commonName, ...readNames(flags) },
      mountOf(flags),
    );
    const out = textFlag(flags, 'out');
    if (out === undefined) return printAnswer(session, answer, '');
    printWarnings(session, answer.warnings);
    writeCertificate(session, out, answer.data);
  });
}

function registerSign(group: Command, context: CliContext): void {
  const command = addCertCommand(
    group,
    'sign <role> <csr-file>',
    'Signs a certificate request (PEM; - for standard input).',
    ['strongroom cert sign web app.csr -ttl=72h -field=certificate > app.crt'],
  ).option('--common-name <name>', 'name, if not the one of the request');
  onServer(addNameFlags(command), context, async (session, flags, role: string, file: string) => {
    const csr = file === '-' ? await readStdin(context) : readTextFile(file);
    const fields = { csr, ...readNames(flags) };
    const name = textFlag(flags, 'commonName');
    const answer = await session.client.pki.sign(
      role,
      name === undefined ? fields : { ...fields, common_name: name },
      mountOf(flags),
    );
    const out = textFlag(flags, 'out');
    if (out === undefined) return printAnswer(session, answer, '');
    printWarnings(session, answer.warnings);
    writeCertificate(session, out, answer.data);
  });
}

/** PEM goes to standard output as it is: nothing else is of use to the next program. */
function printPem(context: CliContext, answer: RawAnswer, what: string): void {
  if (answer.bytes.length === 0) {
    throw new StrongroomError('not_found', `this mount has no ${what} yet`, { hint: 'generate or import a CA first' });
  }
  context.stdout.write(line(answer.bytes.toString('utf8')));
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
    const answer = await (switchFlag(flags, 'chain') ? pki.caChainPem(mountOf(flags)) : pki.caPem(mountOf(flags)));
    printPem(context, answer, 'CA');
  });
  const crl = addCertCommand(group, 'crl', "Prints the CA's revocation list (PEM).", ['strongroom cert crl > ca.crl']);
  onServer(crl, context, async (session, flags) =>
    printPem(context, await session.client.pki.crlPem(mountOf(flags)), 'CRL'),
  );
}
