import type { EngineRequest, Mount, StoredRecord } from '../../core/index.ts';
import type { SignatureScheme } from '../../crypto/index.ts';
import { StrongroomError } from '../../lib/index.ts';
import {
  type CertificateIssuer,
  chooseScheme,
  describeIssuer,
  encodePem,
  type ParsedCertificate,
  type SignTbs,
} from '../../x509/index.ts';
import { findAuthoritiesAbove, isRoot, maxAbove } from './authorities-above.ts';
import { readCertificate } from './issuer-certificate.ts';
import { allIssuers, type PkiStore } from './pki-store.ts';
import type { IssuerRecord, KeyRecord, PkiConfig } from './records.ts';
import type { IssuerLife } from './validity.ts';

export { isIssuedBy } from './authorities-above.ts';
export { readCertificate } from './issuer-certificate.ts';

/** An issuer ready to sign: its certificate read, its key loaded, its chain found. */
export interface Authority {
  readonly record: IssuerRecord;
  readonly certificate: ParsedCertificate;
  readonly issuer: CertificateIssuer;
  readonly sign: SignTbs;
  /** The same under another scheme of its key. */
  readonly under: (scheme: SignatureScheme) => Signer;
  /** PEM, the issuer itself first, up to and with the root where it is known. */
  readonly chainPem: readonly string[];
  /** The last of the chain is a self-signed root. */
  readonly endsInRoot: boolean;
}

export type Signer = Pick<Authority, 'issuer' | 'sign'>;

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
    const above = await findAuthoritiesAbove(this.#pki, mount, record);
    if (above.length >= maxAbove) {
      throw new StrongroomError('invalid_request', 'there are too many CAs above this issuer', {
        hint: `fewer than ${maxAbove}`,
      });
    }
    const issuer = describeIssuer(certificate, { ancestors: above });
    const last = chain.at(-1) ?? certificate;
    const under = (scheme: SignatureScheme): Signer => ({
      issuer: { ...issuer, scheme },
      sign: signWith(this.#pki, key.body, scheme),
    });
    return {
      record,
      certificate,
      issuer,
      sign: signWith(this.#pki, key.body, issuer.scheme),
      under,
      chainPem: chain.map((member) => certificatePem(member.der)),
      endsInRoot: isRoot(last),
    };
  }
}

function signWith(pki: PkiStore, key: KeyRecord, scheme: SignatureScheme): SignTbs {
  return (tbs) => pki.core.keys.of(key.home).sign(key.homeId, scheme, tbs);
}

/** `signature_bits` and `use_pss`: RSA issuers alone have a choice, of others it is said that they have none. */
export function chooseSigner(
  authority: Authority,
  wish: { readonly digestBits: number; readonly pss: boolean },
  request: Pick<EngineRequest<unknown>, 'warn'>,
): Signer {
  const { algorithm, kind } = authority.issuer.publicKey;
  const scheme = chooseScheme(algorithm, wish.digestBits, wish.pss);
  const isOther = wish.pss || (wish.digestBits !== 0 && !scheme.endsWith(`sha${wish.digestBits}`));
  if (kind !== 'rsa' && isOther)
    request.warn(`signature_bits and use_pss are for RSA issuers: this one signs with ${scheme}`);
  return scheme === authority.issuer.scheme ? authority : authority.under(scheme);
}

/** The life of an issuer, as it limits what is issued. */
export const lifeOf = ({ certificate, record }: Authority): IssuerLife => ({
  notBeforeSeconds: certificate.notBeforeSeconds,
  notAfterSeconds: certificate.notAfterSeconds,
  behavior: record.leafNotAfterBehavior,
});

export const certificatePem = (der: Uint8Array): string => encodePem('CERTIFICATE', der).trimEnd();

/** The chain that is shown: as set by hand, else the issuer and those above it that this mount knows. */
export async function findChain(pki: PkiStore, mount: Mount, record: IssuerRecord): Promise<ParsedCertificate[]> {
  if (record.manualChain.length === 0)
    return [readCertificate(record), ...(await findAuthoritiesAbove(pki, mount, record))];
  const byId = new Map((await allIssuers(pki, mount)).map(({ body }) => [body.id, body]));
  return record.manualChain.flatMap((id) => byId.get(id) ?? []).map(readCertificate);
}
