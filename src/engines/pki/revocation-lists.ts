import type { Mount, StoredRecord } from '../../core/index.ts';
import { isGuardFailure } from '../../store/index.ts';
import { encodeRevokedEntry, issueCrl } from '../../x509/index.ts';
import type { Authorities } from './authority.ts';
import { type PkiStore, readConfig } from './pki-store.ts';
import type { CrlRecord, IssuerRecord } from './records.ts';

const pageSize = 10_000;
const maxAttempts = 20;
/** Two revocations of one millisecond may be stored in either order: what is read again overlaps by this much. */
const overlapMillis = 5_000;

interface Entry {
  readonly der: Buffer;
  readonly expireMillis: number;
}

/** What an issuer revoked, as far as it was read: so that one more revocation costs one more entry. */
interface KnownEntries {
  readonly entries: Map<string, Entry>;
  lastMillis: number;
}

/**
 * The revocation list of each issuer: made anew at every revocation, and on demand when its time is nearly over.
 * Revocations that come while one is made share the next.
 */
export class RevocationLists {
  readonly #pki: PkiStore;
  readonly #authorities: Authorities;
  readonly #known = new Map<string, KnownEntries>();
  readonly #running = new Map<string, Promise<CrlRecord>>();
  readonly #queued = new Map<string, Promise<CrlRecord>>();

  constructor(pki: PkiStore, authorities: Authorities) {
    this.#pki = pki;
    this.#authorities = authorities;
    pki.core.seal.whenSealed(() => this.#known.clear());
  }

  /** The list in force, made now when there is none or its time is over. */
  async current(mount: Mount, issuer: StoredRecord<IssuerRecord>): Promise<Buffer> {
    const stored = await this.#pki.crls.read(mount, issuer.id);
    const nowMillis = this.#pki.core.clock.nowMillis();
    const fresh = stored !== undefined && stored.body.nextUpdateMillis > nowMillis;
    const record = fresh ? stored.body : await this.rebuild(mount, issuer);
    return Buffer.from(record.der, 'base64');
  }

  /** A list that holds everything revoked before this call. */
  rebuild(mount: Mount, issuer: StoredRecord<IssuerRecord>): Promise<CrlRecord> {
    const id = `${mount.id}/${issuer.id}`;
    const running = this.#running.get(id);
    if (!running) return this.#start(id, mount, issuer);
    // The one that runs may have read already: everybody who comes now shares the one after it.
    const queued = this.#queued.get(id);
    if (queued) return queued;
    const next = running.then(
      () => this.#startQueued(id, mount, issuer),
      () => this.#startQueued(id, mount, issuer),
    );
    this.#queued.set(id, next);
    return next;
  }

  #startQueued(id: string, mount: Mount, issuer: StoredRecord<IssuerRecord>): Promise<CrlRecord> {
    this.#queued.delete(id);
    return this.#start(id, mount, issuer);
  }

  #start(id: string, mount: Mount, issuer: StoredRecord<IssuerRecord>): Promise<CrlRecord> {
    const work = this.#make(id, mount, issuer).finally(() => {
      if (this.#running.get(id) === work) this.#running.delete(id);
    });
    this.#running.set(id, work);
    return work;
  }

  async #make(id: string, mount: Mount, issuer: StoredRecord<IssuerRecord>): Promise<CrlRecord> {
    const { config } = await readConfig(this.#pki, mount);
    const current = (await this.#pki.issuers.read(mount, issuer.id)) ?? issuer;
    const authority = await this.#authorities.load(mount, current, config, 'crl-signing');
    for (let attempt = 1; ; attempt += 1) {
      const entries = await this.#entries(id, mount, issuer.id);
      const previous = await this.#pki.crls.read(mount, issuer.id);
      const nowSeconds = Math.floor(this.#pki.core.clock.nowMillis() / 1000);
      const number = previous === undefined ? 1n : BigInt(previous.body.number) + 1n;
      const der = await issueCrl({
        template: {
          thisUpdateSeconds: nowSeconds,
          nextUpdateSeconds: nowSeconds + config.crlExpirySeconds,
          number,
          entries,
          entryCount: entries.length,
        },
        issuer: authority.issuer,
        sign: authority.sign,
        ...(previous && { previousNumber: number - 1n }),
      });
      const record: CrlRecord = {
        number: number.toString(),
        der: der.toString('base64'),
        nextUpdateMillis: (nowSeconds + config.crlExpirySeconds) * 1000,
      };
      try {
        await this.#pki.core.store.commit([this.#pki.crls.put(mount, issuer.id, previous, record)]);
        return record;
      } catch (error) {
        if (!isGuardFailure(error) || attempt >= maxAttempts) throw error;
      }
    }
  }

  /** Entries of everything revoked and not expired; only what is new is read. */
  async #entries(id: string, mount: Mount, issuerId: string): Promise<Buffer[]> {
    const known = this.#known.get(id) ?? { entries: new Map<string, Entry>(), lastMillis: 0 };
    this.#known.set(id, known);
    let after: { value: number; id: string } | undefined =
      known.lastMillis > 0 ? { value: known.lastMillis - overlapMillis, id: '' } : undefined;
    for (;;) {
      const rows = await this.#pki.core.certificates.revoked(mount, after, pageSize);
      for (const row of rows) {
        const revokedMillis = row.revoked_millis ?? 0;
        known.lastMillis = Math.max(known.lastMillis, revokedMillis);
        if (row.issuer !== issuerId || known.entries.has(row.id)) continue;
        const der = encodeRevokedEntry({
          serial: serialContent(row.id),
          revokedAtSeconds: Math.floor(revokedMillis / 1000),
        });
        known.entries.set(row.id, { der, expireMillis: row.expire_millis ?? Number.POSITIVE_INFINITY });
      }
      const last = rows.at(-1);
      if (!last || rows.length < pageSize) break;
      after = { value: last.revoked_millis ?? 0, id: last.id };
    }
    const nowMillis = this.#pki.core.clock.nowMillis();
    for (const [serial, entry] of known.entries) if (entry.expireMillis <= nowMillis) known.entries.delete(serial);
    return [...known.entries.values()].map((entry) => entry.der);
  }
}

/** INTEGER content of a serial kept as bare hex: a sign octet where the first bit is set. */
export function serialContent(hex: string): Buffer {
  const bytes = Buffer.from(hex, 'hex');
  return (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes;
}
