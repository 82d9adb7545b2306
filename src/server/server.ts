import { dirname, join } from 'node:path';
import type { AuditSink, Log, NewMount, RootKeyHsm } from '../core/index.ts';
import { systemRandom } from '../crypto/index.ts';
import { createRequestListener } from '../http/index.ts';
import type { KeyProvider } from '../keys/index.ts';
import { type ClockJump, SteadyClock, systemClock } from '../lib/index.ts';
import { openMemoryStore, openSqliteStore, type Store } from '../store/index.ts';
import type { HsmConfig, ListenerConfig, ServerConfig, StorageConfig } from './config/index.ts';
import { hsmSeal } from './core/index.ts';
import { clientAddress, defaultLimits, describeConnection, type Listener, openListener } from './listeners/index.ts';
import { Node } from './node.ts';
import { openHsm } from './open-hsm.ts';

export interface ServerOptions {
  readonly config: ServerConfig;
  readonly log: Log;
  /** Mounts beside the usual ones at initialisation, and the text of the first root token: for development. */
  readonly firstMounts?: readonly NewMount[];
  readonly rootToken?: string;
}

const graceMillis = 10_000;

/** A running server: store, keys, core and listeners, and the order in which they come and go. */
export class Server {
  readonly node: Node;
  readonly #log: Log;
  readonly #hsms: readonly KeyProvider[];
  readonly #config: ServerConfig;
  #listeners: Listener[] = [];
  #stopping: Promise<void> | undefined;

  private constructor(options: ServerOptions, store: Store, hsms: OpenHsms) {
    const { config, log } = options;
    this.#config = config;
    this.#log = log;
    this.#hsms = hsms.all;
    this.node = new Node({
      store,
      clock: new SteadyClock(systemClock, (jump) => sayClockJump(log, jump)),
      random: systemRandom,
      log,
      settings: {
        defaultLeaseTtlSeconds: config.defaultLeaseTtlSeconds,
        maxLeaseTtlSeconds: config.maxLeaseTtlSeconds,
        apiAddress: config.apiAddress,
      },
      clusterName: config.clusterName,
      ...(hsms.seal && { sealHsm: hsms.seal }),
      ...(hsms.keys && { hsm: hsms.keys }),
      auditSinks: auditSinks(config),
      bootstrap: {
        extraMounts: options.firstMounts ?? [],
        ...(options.rootToken !== undefined && { rootToken: options.rootToken }),
      },
      describeConnection: (incoming) => {
        const facts = describeConnection(incoming);
        return {
          remoteAddress: clientAddress(incoming),
          remotePort: facts.remotePort,
          encrypted: facts.encrypted,
          clientCertificates: () => (facts.peerCertificateDer ? [facts.peerCertificateDer, ...facts.peerChainDer] : []),
        };
      },
      maxBodyBytes: Math.max(...config.listeners.map(bodyLimit)),
    });
  }

  /**
   * Opens everything and listens. Refuses, with the reason, when a file, port or folder cannot be used. A server whose
   * HSM is away starts sealed and goes on trying.
   */
  static async start(options: ServerOptions): Promise<Server> {
    const store = openStore(options.config.storage);
    const hsms = openHsms(options);
    const server = new Server(options, store, hsms);
    try {
      await Promise.allSettled(hsms.started);
      if (hsms.seal) await server.#unseal();
      for (const listener of options.config.listeners) server.#listeners.push(await server.#listen(listener));
      server.node.startJobs();
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  get urls(): readonly string[] {
    return this.#listeners.map((listener) => listener.url);
  }

  async #unseal(): Promise<void> {
    try {
      const unsealed = await this.node.unsealWithHsm();
      if (unsealed) this.#log.info({}, 'unsealed with the HSM');
      else this.#log.info({}, 'not initialised yet: strongroom operator init');
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown';
      this.#log.error({ reason }, 'the HSM did not unseal the server; it stays sealed and tries again');
    }
  }

  async #listen(listener: ListenerConfig): Promise<Listener> {
    return openListener({
      address: listener.address,
      port: listener.port,
      tls: listener.tls,
      limits: { maxBodyBytes: bodyLimit(listener) },
      trustedProxies: listener.trustedProxies,
      handle: createRequestListener(this.node.handle),
      onRefused: this.node.recordRefusal,
      clock: systemClock,
      log: this.#log,
    });
  }

  /** After SIGHUP: certificates are read again, audit files opened again. What does not work is logged and left as it was. */
  async reload(): Promise<void> {
    this.#log.info({}, 'SIGHUP: reading certificates again, opening audit files again');
    const outcomes = await Promise.allSettled([
      ...this.#listeners.map((listener) => listener.reloadTls()),
      this.node.reopenAudit(),
    ]);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') {
        const reason = outcome.reason instanceof Error ? outcome.reason.message : 'unknown';
        this.#log.error({ reason }, 'part of the reload failed; what was there stays in use');
      }
    }
  }

  /** Stops in order: no new connections, answers in flight, jobs, audit log, keys, store. Safe to call twice. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => listener.stop({ graceMillis })));
    await this.node.stop();
    await Promise.allSettled(this.#hsms.map((hsm) => hsm.close()));
    this.#log.info({}, 'stopped');
  }

  get config(): ServerConfig {
    return this.#config;
  }
}

const bodyLimit = (listener: ListenerConfig): number => listener.maxBodyBytes ?? defaultLimits.maxBodyBytes;

function openStore(storage: StorageConfig): Store {
  return storage.kind === 'memory' ? openMemoryStore() : openSqliteStore(storage.folder);
}

const jumpTexts: Readonly<Record<ClockJump['kind'], string>> = {
  jumped: 'the clock of this machine jumped; time goes on as if it had not. Mend the clock, or restart to take it',
  returned: 'the clock of this machine is right again',
  believed: 'the clock of this machine stayed ahead and is taken as right',
};

function sayClockJump(log: ServerOptions['log'], { kind, offsetSeconds }: ClockJump): void {
  if (kind === 'returned') log.info({}, jumpTexts[kind]);
  else log.error({ offset_seconds: offsetSeconds }, jumpTexts[kind]);
}

interface OpenHsms {
  readonly seal: RootKeyHsm | undefined;
  readonly keys: KeyProvider | undefined;
  readonly all: readonly KeyProvider[];
  readonly started: readonly Promise<void>[];
}

/** One process for both stanzas when they name the same token: its PIN is tried once. */
function openHsms({ config, log }: ServerOptions): OpenHsms {
  const parts = { clock: systemClock, log };
  const seal = config.seal && openHsm(config.seal, parts);
  const shared = config.hsm !== undefined && config.seal !== undefined && sameToken(config.seal, config.hsm);
  const keys = shared ? seal : config.hsm && openHsm(config.hsm, parts);
  const all = [...new Set([seal, keys].filter((hsm) => hsm !== undefined))];
  return {
    seal: seal && hsmSeal(seal),
    // A token that can wrap the root key can hold the CA's keys as well.
    keys: keys ?? seal,
    all,
    started: all.map((hsm) => hsm.started()),
  };
}

const sameToken = (left: HsmConfig, right: HsmConfig): boolean =>
  left.modulePath === right.modulePath &&
  left.tokenLabel === right.tokenLabel &&
  left.tokenSerial === right.tokenSerial;

/** Audit is never silently off: without a stanza the log is a file in the data folder. */
function auditSinks(config: ServerConfig): readonly AuditSink[] {
  if (config.auditSinks.length > 0 || config.storage.kind === 'memory') return config.auditSinks;
  const filePath = join(config.storage.folder, 'audit', 'audit.log');
  return [{ path: 'file/', config: { target: { kind: 'file', filePath } } }];
}

/** Folder of each configured audit file. */
export function auditFolders(config: ServerConfig): readonly string[] {
  return auditSinks(config).flatMap(({ config: { target } }) =>
    target.kind === 'file' ? [dirname(target.filePath)] : [],
  );
}
