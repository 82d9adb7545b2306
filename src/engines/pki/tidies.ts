import { setTimeout as sleep } from 'node:timers/promises';
import type { Mount } from '../../core/index.ts';
import { formatGoDuration, formatTime, type JsonObject, StrongroomError } from '../../lib/index.ts';
import { readCertificate } from './authority.ts';
import { allIssuers, type PkiStore, withConfig } from './pki-store.ts';

/** What one run is to tidy, and how carefully. */
export interface TidyWish {
  readonly certificates: boolean;
  readonly revokedCertificates: boolean;
  readonly issuerAssociations: boolean;
  readonly expiredIssuers: boolean;
  readonly safetyBufferSeconds: number;
  readonly issuerSafetyBufferSeconds: number;
  readonly pauseSeconds: number;
}

type TidyState = 'Running' | 'Finished' | 'Error' | 'Cancelling' | 'Cancelled';

interface Run {
  readonly wish: TidyWish;
  readonly startedMillis: number;
  readonly cancel: AbortController;
  state: TidyState;
  finishedMillis: number | null;
  error: string | null;
  message: string;
  certificates: number;
  revokedCertificates: number;
  issuers: number;
  done: Promise<void>;
}

const batch = 1_000;

/** Tidying in the background: one run a mount at a time, known until the server ends. */
export class Tidies {
  readonly #pki: PkiStore;
  readonly #runs = new Map<string, Run>();

  constructor(pki: PkiStore) {
    this.#pki = pki;
    pki.core.seal.whenSealed(() => {
      for (const run of this.#runs.values()) run.cancel.abort();
    });
  }

  /** Starts a run; false while one is under way. */
  start(mount: Mount, wish: TidyWish): boolean {
    const before = this.#runs.get(mount.id);
    if (before && isUnderWay(before)) return false;
    const run: Run = {
      wish,
      startedMillis: this.#pki.core.clock.nowMillis(),
      cancel: new AbortController(),
      state: 'Running',
      finishedMillis: null,
      error: null,
      message: '',
      certificates: 0,
      revokedCertificates: 0,
      issuers: 0,
      done: Promise.resolve(),
    };
    this.#runs.set(mount.id, run);
    run.done = this.#carryOut(mount, run);
    return true;
  }

  /** Ends a run before its next batch; false when there is none. */
  cancel(mount: Mount): boolean {
    const run = this.#runs.get(mount.id);
    if (!run || !isUnderWay(run)) return false;
    run.state = 'Cancelling';
    run.cancel.abort();
    return true;
  }

  /** Ends the run of a mount that goes, and forgets it. */
  async forget(mount: Mount): Promise<void> {
    this.cancel(mount);
    await this.#runs.get(mount.id)?.done;
    this.#runs.delete(mount.id);
  }

  async stop(): Promise<void> {
    for (const run of this.#runs.values()) run.cancel.abort();
    await Promise.all([...this.#runs.values()].map(({ done }) => done));
  }

  /** As Vault's `tidy-status` has it. */
  async status(mount: Mount): Promise<JsonObject> {
    const run = this.#runs.get(mount.id);
    const { namespace, id } = mount;
    const [all, revoked] = [
      await this.#pki.core.store.count('certificates', { namespace, mount: id }),
      await this.#pki.core.store.count('certificates', { namespace, mount: id, state: 'revoked' }),
    ];
    return { ...(run ? describe(run) : nothing), current_cert_store_count: all, current_revoked_cert_count: revoked };
  }

  async #carryOut(mount: Mount, run: Run): Promise<void> {
    try {
      await this.#tidy(mount, run);
      run.state = 'Finished';
      run.message = '';
    } catch (error) {
      const cancelled = run.cancel.signal.aborted;
      run.state = cancelled ? 'Cancelled' : 'Error';
      if (!cancelled) {
        run.error = error instanceof StrongroomError ? error.message : 'internal error';
        this.#pki.core.log.error({ mount: mount.prefix, cause: String(error) }, 'tidying failed');
      }
    }
    run.finishedMillis = this.#pki.core.clock.nowMillis();
  }

  async #tidy(mount: Mount, run: Run): Promise<void> {
    const { wish } = run;
    const before = run.startedMillis - wish.safetyBufferSeconds * 1000;
    if (wish.certificates) {
      run.message = 'Tidying certificate store';
      await this.#inBatches(run, mount, 'active', before, (count) => {
        run.certificates += count;
      });
    }
    if (wish.revokedCertificates) {
      run.message = 'Tidying revoked certificates';
      await this.#inBatches(run, mount, 'revoked', Math.min(before, await this.#listedUntil(mount)), (count) => {
        run.revokedCertificates += count;
      });
    }
    if (wish.expiredIssuers) {
      run.message = 'Tidying expired issuers';
      run.cancel.signal.throwIfAborted();
      run.issuers = await this.#expiredIssuers(mount, run.startedMillis - wish.issuerSafetyBufferSeconds * 1000);
    }
  }

  async #inBatches(
    run: Run,
    mount: Mount,
    state: 'active' | 'revoked',
    beforeMillis: number,
    add: (count: number) => void,
  ): Promise<void> {
    for (;;) {
      run.cancel.signal.throwIfAborted();
      const change = this.#pki.core.certificates.cleanUp(beforeMillis, batch, { mount, state });
      const [count = 0] = await this.#pki.core.store.commit([change]);
      add(count);
      if (count < batch) return;
      const { pauseSeconds } = run.wish;
      if (pauseSeconds > 0) await sleep(pauseSeconds * 1000, undefined, { signal: run.cancel.signal, ref: false });
    }
  }

  /** A revoked certificate goes when a list was made after its end, on which it stood for the last time (RFC 5280 3.3). */
  async #listedUntil(mount: Mount): Promise<number> {
    const lists = await this.#pki.crls.page(mount, '', 10_000);
    return Math.min(Number.MAX_SAFE_INTEGER, ...lists.map(({ body }) => body.thisUpdateMillis));
  }

  /** The default stays, as do keys and what the issuers signed. */
  #expiredIssuers(mount: Mount, beforeMillis: number): Promise<number> {
    return withConfig(this.#pki, mount, async ({ config }) => {
      const expired = (await allIssuers(this.#pki, mount)).filter(
        ({ id, body }) => id !== config.defaultIssuer && readCertificate(body).notAfterSeconds * 1000 < beforeMillis,
      );
      const issuerGeneration = config.issuerGeneration + (expired.length > 0 ? 1 : 0);
      return {
        next: { ...config, issuerGeneration },
        changes: expired.map(({ id }) => this.#pki.issuers.remove(mount, id)),
        result: expired.length,
      };
    });
  }
}

const isUnderWay = ({ state }: Run): boolean => state === 'Running' || state === 'Cancelling';

function describe(run: Run): JsonObject {
  const { wish } = run;
  return {
    ...nothing,
    cert_store_deleted_count: run.certificates,
    error: run.error,
    expired_issuers_deleted_count: run.issuers,
    issuer_safety_buffer: wish.issuerSafetyBufferSeconds,
    message: run.message === '' ? null : run.message,
    pause_duration: formatGoDuration(wish.pauseSeconds),
    revoked_cert_deleted_count: run.revokedCertificates,
    safety_buffer: wish.safetyBufferSeconds,
    state: run.state,
    tidy_cert_store: wish.certificates,
    tidy_expired_issuers: wish.expiredIssuers,
    tidy_revoked_cert_issuer_associations: wish.issuerAssociations,
    tidy_revoked_certs: wish.revokedCertificates,
    time_finished: run.finishedMillis === null ? null : formatTime(run.finishedMillis),
    time_started: formatTime(run.startedMillis),
  };
}

const nothing: JsonObject = {
  cert_store_deleted_count: null,
  error: null,
  expired_issuers_deleted_count: null,
  issuer_safety_buffer: null,
  message: null,
  missing_issuer_cert_count: null,
  pause_duration: null,
  revoked_cert_deleted_count: null,
  safety_buffer: null,
  state: 'Inactive',
  tidy_cert_store: null,
  tidy_expired_issuers: null,
  tidy_revoked_cert_issuer_associations: null,
  tidy_revoked_certs: null,
  time_finished: null,
  time_started: null,
};
