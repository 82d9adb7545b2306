import type { Clock } from '../../lib/index.ts';
import { type Change, isGuardFailure, type Row, type Store } from '../../store/index.ts';
import type { Mount } from '../mounts/index.ts';
import { type Seal, SealedTable } from '../seal/index.ts';

/** What is sealed in a certificate's row. */
export interface CertificateBody {
  /** Base64. */
  readonly der: string;
  readonly commonName: string;
  /** Name of the role it was issued by; '' for a CA's own. */
  readonly role: string;
  /** Who had it issued. */
  readonly displayName: string;
  readonly accessor: string;
  readonly isAuthority: boolean;
  readonly policies: readonly string[];
}

export interface StoredCertificate {
  readonly row: Row<'certificates'>;
  readonly body: CertificateBody;
}

export interface NewCertificate {
  readonly mount: Mount;
  /** Lower hex without separators. */
  readonly serial: string;
  /** Id of the issuer that signed it. */
  readonly issuer: string;
  readonly entityId: string;
  readonly expireMillis: number;
  /** Recorded as revoked already: a certificate from elsewhere that is known here by its revocation. */
  readonly revokedMillis?: number;
  readonly body: CertificateBody;
}

/**
 * Every certificate a CA of this server signed. It is written before the certificate leaves, so that each can be found
 * and revoked.
 */
export class CertificateStore {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #table: SealedTable<'certificates', CertificateBody>;

  constructor(parts: { store: Store; seal: Seal; clock: Clock }) {
    this.#store = parts.store;
    this.#clock = parts.clock;
    // Issued once and seldom read again: remembering each would only push others out.
    this.#table = new SealedTable('certificates', () => parts.seal.sealer, { remember: false });
  }

  /** The change that records a certificate; it fails when the serial is taken. */
  insert(draft: NewCertificate): Change {
    const clear = {
      namespace: draft.mount.namespace,
      mount: draft.mount.id,
      id: draft.serial,
      issuer: draft.issuer,
      state: draft.revokedMillis === undefined ? 'active' : 'revoked',
      entity_id: draft.entityId === '' ? null : draft.entityId,
      created_millis: this.#clock.nowMillis(),
      expire_millis: draft.expireMillis,
      revoked_millis: draft.revokedMillis ?? null,
    };
    return this.#table.insert(clear, {}, draft.body);
  }

  async find(mount: Mount, serial: string): Promise<StoredCertificate | undefined> {
    const row = await this.#store.read('certificates', { namespace: mount.namespace, mount: mount.id, id: serial });
    return row && { row, body: this.#table.open(row) };
  }

  /** Marks a certificate as revoked; answers when it was, which is the first time of all. Undefined when it is not here. */
  async revoke(mount: Mount, serial: string): Promise<number | undefined> {
    for (;;) {
      const found = await this.find(mount, serial);
      if (!found) return undefined;
      if (found.row.revoked_millis !== null) return found.row.revoked_millis;
      const revoked_millis = this.#clock.nowMillis();
      try {
        await this.#store.commit([this.revocation(found, revoked_millis)]);
        return revoked_millis;
      } catch (error) {
        if (!isGuardFailure(error)) throw error;
      }
    }
  }

  /** The change that marks a certificate as revoked; it fails when it changed since it was read. */
  revocation(found: StoredCertificate, atMillis: number): Change {
    return this.#table.update(found.row, { state: 'revoked', revoked_millis: atMillis }, found.body);
  }

  /** Certificates of a mount in the order of their serials, strictly after one. */
  async page(mount: Mount, after: string, limit: number): Promise<StoredCertificate[]> {
    const where = { namespace: mount.namespace, mount: mount.id };
    const rows = await this.#store.list('certificates', { where, after: { value: after, id: after }, limit });
    return rows.map((row) => ({ row, body: this.#table.open(row) }));
  }

  /** Serials of a mount, without opening anything. */
  async serials(mount: Mount, after: string, limit: number): Promise<string[]> {
    const where = { namespace: mount.namespace, mount: mount.id };
    const rows = await this.#store.list('certificates', { where, after: { value: after, id: after }, limit });
    return rows.map((row) => row.id);
  }

  /** Serials of what a mount revoked, in their order, without opening anything. */
  async revokedSerials(mount: Mount, after: string, limit: number): Promise<string[]> {
    const rows = await this.#store.list('certificates', {
      where: { namespace: mount.namespace, mount: mount.id },
      above: { column: 'revoked_millis', value: 0 },
      after: { value: after, id: after },
      limit,
    });
    return rows.map((row) => row.id);
  }

  /** Revoked certificates of a mount in the order of their revocation: through an index, whatever the number of others. */
  async revoked(
    mount: Mount,
    after: { value: number; id: string } | undefined,
    limit: number,
  ): Promise<Row<'certificates'>[]> {
    return this.#store.list('certificates', {
      where: { namespace: mount.namespace, mount: mount.id },
      above: { column: 'revoked_millis', value: 0 },
      orderBy: 'revoked_millis',
      ...(after && { after }),
      limit,
    });
  }

  /** Revoked certificates of every mount, also of those that are gone, in the order of their revocation. */
  async revokedAnywhere(
    namespace: string,
    after: { value: number; id: string } | undefined,
    limit: number,
  ): Promise<Row<'certificates'>[]> {
    return this.#store.list('certificates', {
      where: { namespace },
      above: { column: 'revoked_millis', value: 0 },
      orderBy: 'revoked_millis',
      ...(after && { after }),
      limit,
    });
  }

  /** Certificates of every mount, or those an entity had issued, in the order of their serials, strictly after one. */
  async pageOfAll(
    namespace: string,
    entityId: string | undefined,
    after: string,
    limit: number,
  ): Promise<StoredCertificate[]> {
    const rows = await this.#store.list('certificates', {
      where: { namespace, ...(entityId !== undefined && { entity_id: entityId }) },
      after: { value: after, id: after },
      limit,
    });
    return rows.map((row) => ({ row, body: this.#table.open(row) }));
  }

  /**
   * Whether a certificate was issued here and revoked: found by its serial, and only when it is that very certificate,
   * byte for byte. Undefined for one that is not ours or stands.
   */
  async revocationOf(
    namespace: string,
    serial: string,
    der: Buffer,
  ): Promise<{ readonly revokedMillis: number } | undefined> {
    // Revoked ones alone are read, through an index: asked at each log-in, it must not cost more with each certificate.
    const rows = await this.#store.list('certificates', {
      where: { namespace, id: serial },
      above: { column: 'revoked_millis', value: 0 },
      limit: 100,
    });
    const base64 = der.toString('base64');
    for (const row of rows) {
      if (row.revoked_millis !== null && this.#table.open(row).der === base64)
        return { revokedMillis: row.revoked_millis };
    }
    return undefined;
  }

  /** Forgets certificates that expired before a time, a batch at a time: they cannot be used, so they need no entry. */
  cleanUp(
    expiredBeforeMillis: number,
    limit: number,
    only?: { readonly mount: Mount; readonly state: 'active' | 'revoked' },
  ): Change {
    const where = only ? { namespace: only.mount.namespace, mount: only.mount.id, state: only.state } : {};
    return { kind: 'deleteWhere', table: 'certificates', where, expiredBeforeMillis, limit };
  }

  open(row: Row<'certificates'>): StoredCertificate {
    return { row, body: this.#table.open(row) };
  }
}
