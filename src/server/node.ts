import type { IncomingMessage } from 'node:http';
import { type AuditBroker, type AuditSink, type Core, openAuditBroker } from '../core/index.ts';
import { newUuid } from '../crypto/index.ts';
import type { SystemHooks } from '../engines/index.ts';
import { createPipeline, createRefusalRecorder, type PipelineParts, type WireAnswer } from '../http/index.ts';
import type { StrongroomError } from '../lib/index.ts';
import {
  type AuditKeys,
  type BootstrapOptions,
  type BuiltCore,
  bootstrap,
  buildCore,
  type CoreParts,
  openAuditKeys,
} from './core/index.ts';
import { startJobs } from './jobs/index.ts';

export interface NodeParts extends CoreParts {
  readonly auditSinks: readonly AuditSink[];
  readonly bootstrap?: BootstrapOptions;
  readonly describeConnection: PipelineParts['describeConnection'];
  readonly maxBodyBytes: number;
}

/**
 * One server without its listeners: core, audit log, pipeline and jobs, and what happens when the keys come and go.
 * Tests drive it directly.
 */
export class Node {
  readonly built: BuiltCore;
  /** Answers one request; never rejects. */
  readonly handle: (incoming: IncomingMessage) => Promise<WireAnswer>;
  /** Records a request that a listener refused by itself; never rejects. */
  readonly recordRefusal: (incoming: IncomingMessage, requestId: string, error: StrongroomError) => Promise<void>;
  readonly #parts: NodeParts;
  #broker: AuditBroker | undefined;
  #auditKeys: AuditKeys | undefined;
  #opening: Promise<void> | undefined;
  #stopJobs: (() => Promise<void>) | undefined;

  constructor(parts: NodeParts) {
    this.#parts = parts;
    this.built = buildCore(parts, this.#hooks());
    const pipeline: PipelineParts = {
      seal: this.core.seal,
      router: this.built.router,
      clock: parts.clock,
      newRequestId: () => newUuid(parts.random),
      log: parts.log,
      audit: () => this.#broker,
      resolvers: () => this.built.resolvers,
      whileSealed: this.built.whileSealed,
      describeConnection: parts.describeConnection,
      maxBodyBytes: parts.maxBodyBytes,
    };
    this.handle = createPipeline(pipeline);
    this.recordRefusal = createRefusalRecorder(pipeline);
  }

  get core(): Core {
    return this.built.core;
  }

  get audit(): AuditBroker | undefined {
    return this.#broker;
  }

  #hooks(): SystemHooks {
    return {
      bootstrap: () => bootstrap(this.core, this.#parts.bootstrap),
      unsealed: () => this.unsealed(),
      seal: () => this.seal({ onPurpose: true }),
      audit: () => this.#broker,
      auditKeys: () => this.#auditKeys,
    };
  }

  /** Everything that waits for the keys: the mount table and the audit log. Requests are served only after it. */
  unsealed(): Promise<void> {
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #open(): Promise<void> {
    if (this.#broker) return;
    try {
      const keys = await openAuditKeys(this.core);
      this.#broker = await openAuditBroker({
        sinks: this.#parts.auditSinks,
        hashKey: keys.hashKey,
        chainKey: keys.chainKey,
        signCheckpoint: keys.sign,
        checkpointKeyId: keys.keyId,
        clock: this.#parts.clock,
        log: this.#parts.log,
      });
      this.#auditKeys = keys;
      await this.core.mounts.load();
    } catch (error) {
      // Without its audit log the server serves nothing: back to sealed, and whoever asked learns why.
      await this.seal();
      throw error;
    }
  }

  /** Unseals with the HSM; false before initialisation. */
  async unsealWithHsm(): Promise<boolean> {
    if (!(await this.core.seal.unsealWithHsm())) return false;
    await this.unsealed();
    return true;
  }

  startJobs(): void {
    const retry = this.#parts.sealHsm ? async () => void (await this.unsealWithHsm()) : undefined;
    this.#stopJobs ??= startJobs(this.core, retry);
  }

  /**
   * Takes the keys out of memory and closes the audit log behind the last answer. Sealed on purpose it stays so, also
   * with an HSM, until it is restarted.
   */
  async seal(options?: { readonly onPurpose: boolean }): Promise<void> {
    const broker = this.#broker;
    this.#broker = undefined;
    this.#auditKeys = undefined;
    await broker?.stop();
    await this.core.seal.seal(options);
  }

  /** After SIGHUP: audit files were moved by a log rotation. */
  async reopenAudit(): Promise<void> {
    await this.#broker?.reopen();
  }

  /** Stops jobs, ends the audit log with a signed checkpoint, closes the store. */
  async stop(): Promise<void> {
    await this.#stopJobs?.();
    for (const engine of this.core.engines.values()) await engine.stop?.();
    await this.core.credentials.lastUses.flush();
    await this.seal();
    await this.core.store.close();
  }
}
