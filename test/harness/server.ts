import type { AuditSink, Core } from '../../src/core/index.ts';
import { systemRandom } from '../../src/crypto/index.ts';
import type { KeyProvider } from '../../src/keys/index.ts';
import { type Json, ManualClock, SteadyClock } from '../../src/lib/index.ts';
import { devMounts, hsmSeal, Node } from '../../src/server/harness.ts';
import { openMemoryStore, type Store } from '../../src/store/index.ts';
import { incomingMessage } from './incoming.ts';

export interface CallOptions {
  readonly token?: string;
  readonly body?: Json | undefined;
  /** The client's address; 127.0.0.1 when absent. */
  readonly address?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Certificates presented in the TLS handshake, the client's own first, DER. */
  readonly clientCertificates?: readonly Buffer[];
  /** Body bytes as they are, instead of JSON. */
  readonly raw?: string | Buffer;
}

export interface CallAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers freely
  readonly json: any;
}

export interface TestServer {
  readonly node: Node;
  readonly core: Core;
  readonly clock: ManualClock;
  readonly store: Store;
  readonly rootToken: string;
  readonly shares: readonly string[];
  /** `path` without `/v1/`. */
  readonly call: (method: string, path: string, options?: CallOptions) => Promise<CallAnswer>;
  /** The same as the root token. */
  readonly root: (method: string, path: string, body?: Json) => Promise<CallAnswer>;
  readonly stop: () => Promise<void>;
}

export interface TestServerOptions {
  readonly store?: Store;
  readonly auditSinks?: readonly AuditSink[];
  readonly hsm?: KeyProvider;
  readonly clock?: ManualClock;
  readonly initialize?: boolean;
  readonly log?: (level: string, fields: Readonly<Record<string, unknown>>, message: string) => void;
}

const startMillis = Date.parse('2026-06-01T12:00:00Z');

/** A whole server in this process, initialised and unsealed, reached through the real pipeline without a socket. */
export async function startServer(options: TestServerOptions = {}): Promise<TestServer> {
  const clock = options.clock ?? new ManualClock(startMillis);
  const store = options.store ?? openMemoryStore();
  const addresses = new WeakMap<object, CallOptions>();
  const log = (level: string) => (fields: Readonly<Record<string, unknown>>, message: string) =>
    options.log?.(level, fields, message);
  const node = new Node({
    store,
    clock: new SteadyClock(clock, ({ kind }) => log('error')({ cause: `clock ${kind}` }, 'clock')),
    random: systemRandom,
    log: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
    settings: {
      defaultLeaseTtlSeconds: 2_764_800,
      maxLeaseTtlSeconds: 2_764_800,
      apiAddress: 'https://127.0.0.1:8200',
    },
    clusterName: 'test',
    ...(options.hsm && { hsm: options.hsm, sealHsm: hsmSeal(options.hsm) }),
    auditSinks: options.auditSinks ?? [],
    bootstrap: { extraMounts: devMounts },
    describeConnection: (incoming) => ({
      remoteAddress: addresses.get(incoming)?.address ?? '127.0.0.1',
      remotePort: 40_000,
      encrypted: true,
      clientCertificates: () => addresses.get(incoming)?.clientCertificates ?? [],
    }),
    maxBodyBytes: 1_048_576,
  });
  const call = async (method: string, path: string, sent: CallOptions = {}): Promise<CallAnswer> => {
    const body = sent.raw ?? (sent.body === undefined ? undefined : JSON.stringify(sent.body));
    const incoming = incomingMessage({
      method,
      url: path.startsWith('/') ? path : `/v1/${path}`,
      headers: {
        ...(method === 'PATCH' && { 'content-type': 'application/merge-patch+json' }),
        ...(sent.token !== undefined && { 'x-vault-token': sent.token }),
        ...sent.headers,
      },
      ...(body !== undefined && { body }),
    });
    addresses.set(incoming, sent);
    const answer = await node.handle(incoming);
    const headers = new Headers(answer.headers);
    // As on the wire: nothing follows the head of an answer to HEAD.
    const text = answer.body === null || method === 'HEAD' ? '' : Buffer.from(answer.body).toString('utf8');
    const isJson = headers.get('content-type')?.includes('json') === true;
    return {
      status: answer.status,
      headers,
      text,
      json: isJson && text ? JSON.parse(text) : undefined,
    };
  };
  let rootToken = '';
  let shares: string[] = [];
  if (options.initialize !== false) {
    const init = await call('POST', 'sys/init', {
      body: options.hsm ? { recovery_shares: 1, recovery_threshold: 1 } : { secret_shares: 1, secret_threshold: 1 },
    });
    rootToken = init.json.root_token;
    shares = init.json.keys ?? [];
    if (!options.hsm) await call('POST', 'sys/unseal', { body: { key: shares[0] as string } });
  }
  return {
    node,
    core: node.core,
    clock,
    store,
    rootToken,
    shares,
    call,
    root: (method, path, body) => call(method, path, { token: rootToken, body }),
    stop: () => node.stop(),
  };
}
