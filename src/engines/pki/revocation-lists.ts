import type { Mount, StoredRecord } from '../../core/index.ts';
import { sha256Hex } from '../../crypto/index.ts';
import { StrongroomError } from '../../lib/index.ts';
import { isGuardFailure, type Row } from '../../store/index.ts';
import {
  encodeRevokedEntry,
  issueCrl,
  type ParsedCertificate,
  parseCertificate,
  parseCrlDer,
  serialKey,
} from '../../x509/index.ts';
import { type Authorities, type Authority, readCertificate, type Signer } from './authority.ts';
import { allIssuers, type PkiStore, readConfig } from './pki-store.ts';
import { type CrlRecord, type IssuerRecord, signsLists } from './records.ts';
import { requireSchemeOf } from './signature-names.ts';

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
  /** That of the mount's issuers when it was begun: an issuer that comes may bring revocations of its own with it. */
  readonly generation: number;
  readonly entries: Map<string, Entry>;
  lastMillis: number;
  /** Counts entries ever added. */
  added: number;
  /** How many of them the stored list holds; undefined until this process has made it or looked into it. */
  listed: number | undefined;
  /** What expired before this was on a list after its end, and is not taken up again. */
  droppedMillis: number;
}

/**
 * The revocation list of each issuer: made anew at every revocation, and on demand when half of its time is over or it
 * is behind, as after a revocation whose list could not be signed. Revocations that come while one is made share the next.
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

  /** The list in force, made now when there is none, it is behind, or half of its time is over. */
  async current(mount: Mount, issuer: StoredRecord<IssuerRecord>): Promise<Buffer> {
    const stored = (await this.#pki.crls.read(mount, listId(issuer.body)))?.body;
    const nowMillis = this.#pki.core.clock.nowMillis();
    const complete = stored !== undefined && isComplete(stored, await this.#read(mount, issuer.body));
    if (complete && nowMillis < (stored.thisUpdateMillis + stored.nextUpdateMillis) / 2) return derOf(stored);
    if (!stored && (await this.#signer(mount, issuer)).body.keyId === '') throw listedElsewhere();
    try {
      return derOf(await this.rebuild(mount, issuer));
    } catch (error) {
      // While the key is out of reach, a list that is whole and has not ended says more than none. One that lacks a
      // revocation would say that what was revoked is good.
      if (!complete || stored.nextUpdateMillis <= nowMillis) throw error;
      this.#pki.core.log.warn({ mount: mount.prefix, error }, 'a revocation list could not be made anew');
      return derOf(stored);
    }
  }

  /** A list that holds everything revoked before this call. */
  rebuild(mount: Mount, issuer: StoredRecord<IssuerRecord>): Promise<CrlRecord> {
    const id = `${mount.id}/${listId(issuer.body)}`;
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
    const work = this.#make(mount, issuer).finally(() => {
      if (this.#running.get(id) === work) this.#running.delete(id);
    });
    this.#running.set(id, work);
    return work;
  }

  async #make(mount: Mount, issuer: StoredRecord<IssuerRecord>): Promise<CrlRecord> {
    const { config } = await readConfig(this.#pki, mount);
    const id = listId(issuer.body);
    const authority = await this.#authorities.load(mount, await this.#signer(mount, issuer), config, 'crl-signing');
    const { issuer: signer, sign } = signingLists(authority);
    for (let attempt = 1; ; attempt += 1) {
      const known = await this.#read(mount, issuer.body);
      const previous = await this.#pki.crls.read(mount, id);
      const { added } = known;
      const entries = takeEntries(known, previous?.body.thisUpdateMillis ?? 0);
      const nowSeconds = Math.floor(this.#pki.core.clock.nowMillis() / 1000);
      const number =
        previous === undefined
          ? await this.#firstNumber(mount, authority, nowSeconds)
          : BigInt(previous.body.number) + 1n;
      const der = await issueCrl({
        template: {
          thisUpdateSeconds: nowSeconds,
          nextUpdateSeconds: nowSeconds + config.crlExpirySeconds,
          number,
          entries,
          entryCount: entries.length,
        },
        issuer: signer,
        sign,
        ...(previous && { previousNumber: number - 1n }),
      });
      const record: CrlRecord = {
        number: number.toString(),
        der: der.toString('base64'),
        thisUpdateMillis: nowSeconds * 1000,
        nextUpdateMillis: (nowSeconds + config.crlExpirySeconds) * 1000,
      };
      try {
        await this.#pki.core.store.commit([this.#pki.crls.put(mount, id, previous, record)]);
        known.listed = added;
        return record;
      } catch (error) {
        if (!isGuardFailure(error) || attempt >= maxAttempts) throw error;
      }
    }
  }

  /**
   * Numbers rise with each list of an authority, wherever it was made (RFC 5280 5.2.3): one that was not made in this
   * mount has had lists before, and goes on from the time, which no count of lists has reached.
   */
  async #firstNumber(mount: Mount, { certificate }: Authority, nowSeconds: number): Promise<bigint> {
    const madeHere = await this.#pki.core.certificates.find(mount, serialKey(certificate.serial));
    return madeHere ? 1n : BigInt(nowSeconds);
  }

  /** Who signs the list: the issuer as it is now or, where it may not, one that shares the list and may. */
  async #signer(mount: Mount, issuer: StoredRecord<IssuerRecord>): Promise<StoredRecord<IssuerRecord>> {
    const issuers = await allIssuers(this.#pki, mount);
    const current = issuers.find(({ id }) => id === issuer.id) ?? issuer;
    if (signsLists(current.body)) return current;
    const id = listId(issuer.body);
    return issuers.find(({ body }) => signsLists(body) && listId(body) === id) ?? current;
  }

  /** What the issuer revoked; only what is new is read, by one caller at a time. */
  #read(mount: Mount, issuer: IssuerRecord): Promise<KnownEntries> {
    const id = `${mount.id}/${listId(issuer)}`;
    return this.#pki.turns.take(`crl ${id}`, () => this.#readOn(id, mount, issuer));
  }

  async #readOn(id: string, mount: Mount, issuer: IssuerRecord): Promise<KnownEntries> {
    const { issuerGeneration: generation } = (await readConfig(this.#pki, mount)).config;
    const before = this.#known.get(id);
    const known: KnownEntries =
      before?.generation === generation
        ? before
        : {
            generation,
            entries: new Map<string, Entry>(),
            lastMillis: 0,
            added: 0,
            listed: undefined,
            droppedMillis: 0,
          };
    this.#known.set(id, known);
    const isOurs = await this.#signedBy(mount, issuer);
    let after: { value: number; id: string } | undefined =
      known.lastMillis > 0 ? { value: known.lastMillis - overlapMillis, id: '' } : undefined;
    for (;;) {
      const rows = await this.#pki.core.certificates.revoked(mount, after, pageSize);
      for (const row of rows) {
        const revokedMillis = row.revoked_millis ?? 0;
        const expireMillis = row.expire_millis ?? Number.POSITIVE_INFINITY;
        known.lastMillis = Math.max(known.lastMillis, revokedMillis);
        if (known.entries.has(row.id) || expireMillis <= known.droppedMillis || !isOurs(row)) continue;
        const der = encodeRevokedEntry({
          serial: serialContent(row.id),
          revokedAtSeconds: Math.floor(revokedMillis / 1000),
        });
        known.entries.set(row.id, { der, expireMillis });
        known.added += 1;
      }
      const last = rows.at(-1);
      if (!last || rows.length < pageSize) return known;
      after = { value: last.revoked_millis ?? 0, id: last.id };
    }
  }

  /** Whether a certificate of this mount is one of this subject and key: its issuer may be another record, or be gone. */
  async #signedBy(mount: Mount, issuer: IssuerRecord): Promise<(row: Row<'certificates'>) => boolean> {
    const id = listId(issuer);
    const issuers = (await allIssuers(this.#pki, mount)).map(({ body }) => ({ body, isSame: listId(body) === id }));
    const same = new Map(issuers.map(({ body, isSame }) => [body.id, isSame]));
    same.set(issuer.id, true);
    const certificate = readCertificate(issuer);
    // Of what they signed only these are opened: each of the rest costs time, and there are many.
    const ownSerials = new Set(
      issuers.flatMap(({ body, isSame }) => (isSame ? serialKey(readCertificate(body).serial) : [])),
    );
    return (row) => {
      const isSame = same.get(row.issuer);
      if (isSame !== undefined && !(isSame && ownSerials.has(row.id))) return isSame;
      const listed = parseCertificate(Buffer.from(this.#pki.core.certificates.open(row).body.der, 'base64'));
      // An authority cannot say of itself that it is not to be believed.
      return !isOwn(listed, certificate) && (isSame ?? names(listed, certificate));
    };
  }
}

/** An issuer that is here by its certificate alone, as a root above an issuing CA is. */
const listedElsewhere = (): StrongroomError =>
  new StrongroomError('not_found', '', { hint: 'the key of this issuer is not here: its list is where its key is' });

function signingLists(authority: Authority): Signer {
  const { listAlgorithm = '' } = authority.record;
  if (listAlgorithm === '') return authority;
  return authority.under(requireSchemeOf(listAlgorithm, authority.issuer.publicKey.algorithm));
}

function names(leaf: ParsedCertificate, issuer: ParsedCertificate): boolean {
  const key = leaf.authorityKeyIdentifier;
  return leaf.issuer.equals(issuer.subject) && (!key || key.equals(issuer.subjectKeyIdentifier ?? key));
}

/** Of the same subject and key: the authority itself, or another certificate of its own. */
const isOwn = (listed: ParsedCertificate, issuer: ParsedCertificate): boolean =>
  listed.subject.equals(issuer.subject) && listed.spki.equals(issuer.spki);

const derOf = (list: CrlRecord): Buffer => Buffer.from(list.der, 'base64');

/** Whether a stored list holds all that is known. What another process made is looked into, once: it may have died at that. */
function isComplete(list: CrlRecord, known: KnownEntries): boolean {
  known.listed ??= holdsAll(list, known) ? known.added : -1;
  return known.listed === known.added;
}

function holdsAll(list: CrlRecord, known: KnownEntries): boolean {
  const missing = new Map([...known.entries].filter(([, { expireMillis }]) => expireMillis > list.thisUpdateMillis));
  if (missing.size === 0) return true;
  for (const serial of parseCrlDer(derOf(list)).revoked.keys()) missing.delete(serial);
  return missing.size === 0;
}

/** The entries of the next list: one leaves after it stood on a list made when it had expired (RFC 5280 3.3). */
function takeEntries(known: KnownEntries, lastListMillis: number): Buffer[] {
  known.droppedMillis = lastListMillis;
  for (const [serial, entry] of known.entries) if (entry.expireMillis <= lastListMillis) known.entries.delete(serial);
  return [...known.entries.values()].map((entry) => entry.der);
}

/** To relying parties, certificates of one subject and key are one issuer: they share a list and its numbers. */
export function listId(issuer: IssuerRecord): string {
  const { subject, spki, subjectKeyIdentifier } = readCertificate(issuer);
  return sha256Hex(Buffer.concat([subject, spki, subjectKeyIdentifier ?? Buffer.alloc(0)]));
}

/** INTEGER content of a serial kept as bare hex: a sign octet where the first bit is set. */
export function serialContent(hex: string): Buffer {
  const bytes = Buffer.from(hex, 'hex');
  return (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes;
}
