import { type Client, createClient, parseAddress } from '../client/index.ts';
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

/** An address that is none is wrong usage, so that "status" does not end with the code for a sealed server. */
function checkAddress(address: string): string {
  try {
    parseAddress(address);
    return address;
  } catch (error) {
    throw error instanceof StrongroomError ? new UsageError(error.message, error.hint) : error;
  }
}

/** Opens the session a command's flags and the environment describe. `token: 'none'` leaves kept tokens unread. */
export function openSession(context: CliContext, flags: Flags, token: 'kept' | 'none' = 'kept'): Session {
  const settings = readSettings(flags, context.env);
  if ((settings.clientCertFile === undefined) !== (settings.clientKeyFile === undefined)) {
    throw new UsageError(
      'a client certificate and its key are given together',
      'set both -client-cert and -client-key',
    );
  }
  const own = token === 'kept' ? findToken(context) : undefined;
  const files = {
    caCert: settings.caCertFile === undefined ? undefined : readTextFile(settings.caCertFile),
    clientCert: settings.clientCertFile === undefined ? undefined : readTextFile(settings.clientCertFile),
    clientKey: settings.clientKeyFile === undefined ? undefined : readSecretFile(settings.clientKeyFile),
  };
  const opened: Client[] = [];
  const withToken = (other: SecretText | undefined): Client => {
    const client = createClient({
      address: checkAddress(settings.address),
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
