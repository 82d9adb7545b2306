import type { Mount } from '../../core/index.ts';
import { type ParsedCertificate, SubjectPublicKey, sameName } from '../../x509/index.ts';
import { readCertificate } from './issuer-certificate.ts';
import { allIssuers, type PkiStore } from './pki-store.ts';
import type { IssuerRecord } from './records.ts';

/** How many are followed; whoever issues refuses to when there are this many, as more might follow. */
export const maxAbove = 16;

/**
 * The certificates above an issuer that this mount knows, nearest first, found by name, key identifier and signature.
 * Their constraints bind what the issuer issues (RFC 5280 6.1), so a chain set by hand only chooses among certificates
 * of one authority; it leaves none out.
 */
export async function findAuthoritiesAbove(
  pki: PkiStore,
  mount: Mount,
  record: IssuerRecord,
): Promise<ParsedCertificate[]> {
  const issuers = (await allIssuers(pki, mount)).map(({ body }) => body);
  const candidates = inOrderOfChoice(issuers, record.manualChain);
  const chain = [readCertificate(record)];
  while (chain.length <= maxAbove) {
    const below = chain.at(-1) as ParsedCertificate;
    if (isRoot(below)) break;
    const above = candidates.find((candidate) => !chain.includes(candidate) && isIssuedBy(below, candidate));
    if (!above) break;
    chain.push(above);
  }
  return chain.slice(1);
}

/** Of several certificates of one authority: the one set by hand, then a root, then the newest. */
function inOrderOfChoice(issuers: readonly IssuerRecord[], chosenIds: readonly string[]): ParsedCertificate[] {
  const chosen = new Set(chosenIds);
  return issuers
    .map((issuer) => ({ certificate: readCertificate(issuer), isChosen: chosen.has(issuer.id) }))
    .sort(
      (left, right) =>
        Number(right.isChosen) - Number(left.isChosen) ||
        Number(isRoot(right.certificate)) - Number(isRoot(left.certificate)) ||
        right.certificate.notBeforeSeconds - left.certificate.notBeforeSeconds,
    )
    .map(({ certificate }) => certificate);
}

/** Self-signed; a CA that signed a new key of its own name is above that (RFC 5280 3.2: self-issued). */
export function isRoot(certificate: ParsedCertificate): boolean {
  const { subject, issuer, authorityKeyIdentifier: signer, subjectKeyIdentifier: own } = certificate;
  return subject.equals(issuer) && (signer === undefined || own === undefined || signer.equals(own));
}

/** Whether the key of one certificate signed another: names, key identifiers and signature agree. */
export function isIssuedBy(below: ParsedCertificate, above: ParsedCertificate): boolean {
  const wanted = below.authorityKeyIdentifier;
  if (wanted && above.subjectKeyIdentifier && !wanted.equals(above.subjectKeyIdentifier)) return false;
  if (below.scheme === undefined || !sameName(below.issuer, above.subject)) return false;
  return SubjectPublicKey.read(above.spki).verify(below.scheme, below.tbs, below.signature);
}
