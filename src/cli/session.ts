import { type Client, checkCertificates, createClient, parseAddress, type TlsTexts } from '../client/index.ts';
import { SecretText, StrongroomError } from '../lib/index.ts';
import type { CliContext } from './context.ts';
import { readSecretFile, readTextFile } from './files.ts';
import type { Flags } from './flag-values.ts';
import type { Printer } from './print.ts';
import { readSettings, readVariable, type Settings } from './settings.ts';
import { readTokenFile } from './token-file.ts';
import { UsageError } from './usage-error.ts';

/** One command's dealings with one server. */
export interface Session extends Printer {
  readonly client: Client;
  readonly hasToken: boolean;
  /** A client with another token, or with none. */
  withToken(token: SecretText | undefined): Client;
  close(): void;
}

/** The token of the environment, else the kept one. */
export function findToken(context: CliContext): SecretText | undefined {
  const text = readVariable(context.env, 'TOKEN');
  return text === undefined ? readTokenFile(context.homeFolder) : new SecretText(text.trim());
}

function isLoopback(address: string): boolean {
  return /^http:\/\/(127\.[0-9.]+|localhost|\[::1\])(:|\/|$)/i.test(address);
}

function warnAboutTransport(context: CliContext, settings: Settings): void {
  if (settings.skipVerify) {
    context.stderr.write("warning: the server's certificate is not checked; anyone in between can read the token\n");
  }
  if (/^http:/i.test(settings.address) && !isLoopback(settings.address)) {
    context.stderr.write('warning: the address is not encrypted (http); anyone in between can read the token\n');
  }
}

/** What is wrong before anything is sent is wrong usage, so that "status" does not end with the code for a sealed server. */
function asUsage(check: () => void): void {
  try {
    check();
  } catch (error) {
    throw error instanceof StrongroomError ? new UsageError(error.message, error.hint) : error;
  }
}

/** The files for TLS, each read and judged, whatever the address is. */
function readTlsFiles({ caCertFile, clientCertFile, clientKeyFile }: Settings): TlsTexts {
  if ((clientCertFile === undefined) !== (clientKeyFile === undefined)) {
    throw new UsageError(
      'a client certificate and its key are given together',
      'set both -client-cert and -client-key',
    );
  }
  const texts = {
    caCert: caCertFile === undefined ? undefined : readTextFile(caCertFile),
    clientCert: clientCertFile === undefined ? undefined : readTextFile(clientCertFile),
    clientKey: clientKeyFile === undefined ? undefined : readSecretFile(clientKeyFile),
  };
  const name = (what: string, file: string | undefined): string => `the ${what} ${file}`;
  asUsage(() =>
    checkCertificates(texts, {
      caCert: name('CA file', caCertFile),
      clientCert: name('client certificate file', clientCertFile),
      clientKey: name('client key file', clientKeyFile),
    }),
  );
  return texts;
}

/** Opens the session a command's flags and the environment describe. `token: 'none'` leaves kept tokens unread. */
export function openSession(context: CliContext, flags: Flags, token: 'kept' | 'none' = 'kept'): Session {
  const settings = readSettings(flags, context.env);
  asUsage(() => void parseAddress(settings.address));
  const own = token === 'kept' ? findToken(context) : undefined;
  const files = readTlsFiles(settings);
  const opened: Client[] = [];
  const withToken = (other: SecretText | undefined): Client => {
    const client = createClient({
      address: settings.address,
      token: other,
      namespace: settings.namespace,
      insecureSkipVerify: settings.skipVerify,
      ...files,
    });
    opened.push(client);
    return client;
  };
  warnAboutTransport(context, settings);
  return {
    context,
    settings,
    client: withToken(own),
    hasToken: own !== undefined,
    withToken,
    close: () => {
      for (const client of opened) client.close();
    },
  };
}
