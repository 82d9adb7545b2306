import type { Mount, StoredRecord } from '../../core/index.ts';
import { StrongroomError } from '../../lib/index.ts';
import {
  type CertificateIssuer,
  describeIssuer,
  encodePem,
  type ParsedCertificate,
  parseCertificate,
  type SignTbs,
  SubjectPublicKey,
} from '../../x509/index.ts';
import { allIssuers, type PkiStore } from './pki-store.ts';
import type { IssuerRecord, KeyRecord, PkiConfig } from './records.ts';

/** An issuer ready to sign: its certificate read, its key loaded, its chain found. */
export interface Authority {
  readonly record: IssuerRecord;
  readonly certificate: ParsedCertificate;
  readonly issuer: CertificateIssuer;
  readonly sign: SignTbs;
  /** PEM, the issuer itself first, up to and with the root where it is known. */
  readonly chainPem: readonly string[];
  /** The last of the chain is a self-signed root. */
  readonly endsInRoot: boolean;
}

/** Which row of which mount, at which version, among which others. */
interface Loaded {
  readonly version: number;
  readonly generation: number;
  readonly authority: Authority;
}

const maxLoaded = 1_000;

/** Issuers in use, loaded once a version: parsing and key set-up cost more than a signature. */
export class Authorities {
  readonly #pki: PkiStore;
  readonly #loaded = new Map<string, Loaded>();

  constructor(pki: PkiStore) {
    this.#pki = pki;
    pki.core.seal.whenSealed(() => this.#loaded.clear());
  }

  /** The issuer of a row, able to sign. Refuses one without a key here, or that may not do this. */
  async load(
    mount: Mount,
    record: StoredRecord<IssuerRecord>,
    config: PkiConfig,
    usage: 'issuing-certificates' | 'crl-signing',
  ): Promise<Authority> {
    const { body } = record;
    if (usage === 'issuing-certificates' && body.revokedMillis !== null) {
      throw new StrongroomError('invalid_request', 'the issuer was revoked', { hint: 'issue by another one' });
    }
    if (!body.usage.includes(usage)) {
      throw new StrongroomError('invalid_request', `issuer ${body.id} may not be used for ${usage}`, {
        hint: 'see "usage" of the issuer',
      });
    }
    const id = `${mount.id}/${body.id}`;
    const known = this.#loaded.get(id);
    if (known && known.version === record.row.version && known.generation === config.issuerGeneration)
      return known.authority;
    const authority = await this.#read(mount, body);
    if (this.#loaded.size >= maxLoaded) this.#loaded.clear();
    this.#loaded.set(id, { version: record.row.version, generation: config.issuerGeneration, authority });
    return authority;
  }

  async #read(mount: Mount, record: IssuerRecord): Promise<Authority> {
    const key = record.keyId === '' ? undefined : await this.#pki.keys.read(mount, record.keyId);
    if (!key) {
      throw new StrongroomError('invalid_request', 'this issuer has no key here', {
        hint: 'import its key, or issue by another issuer',
      });
    }
    const certificate = readCertificate(record);
    const chain = await findChain(this.#pki, mount, record);
    const issuer = describeIssuer(certificate, { ancestors: chain.slice(1) });
    const last = chain.at(-1) ?? certificate;
    return {
      record,
      certificate,
      issuer,
      sign: signWith(this.#pki, key.body, issuer),
      chainPem: chain.map((member) => certificatePem(member.der)),
      endsInRoot: last.subject.equals(last.issuer),
    };
  }
}

function signWith(pki: PkiStore, key: KeyRecord, issuer: CertificateIssuer): SignTbs {
  return (tbs) => pki.core.keys.of(key.home).sign(key.homeId, issuer.scheme, tbs);
}

const parsed = new WeakMap<IssuerRecord, ParsedCertificate>();

/** The certificate of an issuer; read once a record. */
export function readCertificate(record: IssuerRecord): ParsedCertificate {
  const known = parsed.get(record) ?? parseCertificate(Buffer.from(record.certificate, 'base64'));
  parsed.set(record, known);
  return known;
}

export const certificatePem = (der: Uint8Array): string => encodePem('CERTIFICATE', der).trimEnd();

const maxChain = 8;

/** The issuer and the issuers above it that this mount knows: as set by hand, else by name, key identifier and signature. */
export async function findChain(pki: PkiStore, mount: Mount, record: IssuerRecord): Promise<ParsedCertificate[]> {
  const issuers = (await allIssuers(pki, mount)).map((found) => found.body);
  if (record.manualChain.length > 0) {
    const byId = new Map(issuers.map((issuer) => [issuer.id, issuer]));
    return record.manualChain.flatMap((id) => byId.get(id) ?? []).map(readCertificate);
  }
  const chain = [readCertificate(record)];
  while (chain.length < maxChain) {
    const below = chain.at(-1) as ParsedCertificate;
    if (below.subject.equals(below.issuer)) break;
    const above = issuers
      .map(readCertificate)
      .find((candidate) => !chain.includes(candidate) && isIssuedBy(below, candidate));
    if (!above) break;
    chain.push(above);
  }
  return chain;
}

/** Whether the key of one certificate signed another: names, key identifiers and signature agree. */
export function isIssuedBy(below: ParsedCertificate, above: ParsedCertificate): boolean {
  if (!below.issuer.equals(above.subject) || below.scheme === undefined) return false;
  const wanted = below.authorityKeyIdentifier;
  if (wanted && above.subjectKeyIdentifier && !wanted.equals(above.subjectKeyIdentifier)) return false;
  return SubjectPublicKey.read(above.spki).verify(below.scheme, below.tbs, below.signature);
}
