import { once } from 'node:events';
import { connect, createServer, type TLSSocket } from 'node:tls';

export interface MutualTlsFiles {
  /** PEM texts. */
  readonly serverCertificate: string;
  readonly serverKey: string;
  readonly serverAuthority: string;
  readonly clientAuthority: string;
  readonly clientCertificate: string;
  readonly clientKey: string;
}

export interface MutualTlsOutcome {
  /** Subject the server saw, `CN=…`, or why it refused. */
  readonly withCertificate: string;
  readonly without: string;
}

const deadlineMillis = 5_000;

/** A TLS server of its own that demands client certificates, visited twice: with one, and without. */
export async function checkMutualTls(files: MutualTlsFiles): Promise<MutualTlsOutcome> {
  const server = createServer(
    {
      cert: files.serverCertificate,
      key: files.serverKey,
      ca: files.clientAuthority,
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.3',
    },
    (socket) => {
      const name = socket.getPeerCertificate().subject?.CN;
      socket.end(`CN=${Array.isArray(name) ? name.join() : name}`);
    },
  );
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const visit = async (own: { cert?: string; key?: string }): Promise<string> => {
    const socket = connect({ port, host: '127.0.0.1', ca: files.serverAuthority, minVersion: 'TLSv1.3', ...own });
    socket.setTimeout(deadlineMillis, () => socket.destroy(new Error('no answer')));
    return readAll(socket).catch(() => 'refused');
  };
  try {
    return {
      withCertificate: await visit({ cert: files.clientCertificate, key: files.clientKey }),
      without: await visit({}),
    };
  } finally {
    server.close();
  }
}

async function readAll(socket: TLSSocket): Promise<string> {
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  if (text === '') throw new Error('closed without a word');
  return text;
}
