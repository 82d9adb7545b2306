import { StrongroomError } from '../lib/index.ts';
import { isLoopback, parseAddress, type ServerConfig } from './config/index.ts';
import type { Server } from './server.ts';

const refuseAddress = (_name: string, message: string, hint?: string): never => {
  throw new StrongroomError('invalid_request', `-dev-listen-address: ${message}`, {
    hint: hint ?? 'write 127.0.0.1:8200',
  });
};

/** A server in memory on a loopback address, without TLS. */
export function devConfig(listenAddress = '127.0.0.1:8200'): ServerConfig {
  const { address, port } = parseAddress(listenAddress, { refuse: refuseAddress });
  if (!isLoopback(address)) {
    refuseAddress(
      'address',
      'a development server listens on a loopback address only',
      'anybody who reaches it has the root token',
    );
  }
  return {
    storage: { kind: 'memory' },
    listeners: [{ address, port, tls: undefined, maxBodyBytes: undefined, trustedProxies: undefined }],
    seal: undefined,
    hsm: undefined,
    auditSinks: [],
    apiAddress: `http://${listenAddress}`,
    clusterName: 'strongroom-dev',
    defaultLeaseTtlSeconds: 2_764_800,
    maxLeaseTtlSeconds: 2_764_800,
    logLevel: 'warn',
    notices: [],
  };
}

interface DevKeys {
  readonly unsealKey: string;
  readonly rootToken: string;
}

/** Initialises and unseals through the same routes an operator uses. */
export async function initialiseDev(server: Server): Promise<DevKeys> {
  const post = async (path: string, body: unknown): Promise<Record<string, unknown>> => {
    const answer = await fetch(`${server.urls[0]}/v1/sys/${path}`, { method: 'POST', body: JSON.stringify(body) });
    if (!answer.ok) throw new StrongroomError('internal', `sys/${path} answered ${answer.status}`);
    return (await answer.json()) as Record<string, unknown>;
  };
  const made = await post('init', { secret_shares: 1, secret_threshold: 1 });
  const unsealKey = (made['keys_base64'] as string[])[0] as string;
  await post('unseal', { key: unsealKey });
  return { unsealKey, rootToken: made['root_token'] as string };
}

/** What people and tools look for on standard output. */
export function printDevNotes(server: Server, keys: DevKeys): void {
  process.stdout.write(`
WARNING! This is a development server: everything is in memory, unsealed, and gone when it stops.
It keeps no audit log. Never put a real secret into it.

You may need to set the following environment variables:

    $ export VAULT_ADDR='${server.urls[0]}'

Unseal Key: ${keys.unsealKey}
Root Token: ${keys.rootToken}

Development mode should NOT be used in production installations!
`);
}
