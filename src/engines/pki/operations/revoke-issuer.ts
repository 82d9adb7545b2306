import type { Answer, EngineRequest, Mount, StoredRecord } from '../../../core/index.ts';
import type { Change } from '../../../store/index.ts';
import { serialKey } from '../../../x509/index.ts';
import { isIssuedBy, readCertificate } from '../authority.ts';
import { allIssuers, type PkiStore, withConfig } from '../pki-store.ts';
import { type IssuerRecord, signsLists } from '../records.ts';
import { listId } from '../revocation-lists.ts';
import { readIssuer, showIssuer } from './issuers.ts';
import { recordRevocation } from './record-revocation.ts';
import type { RevokeParts } from './revoke.ts';

/**
 * Revokes an issuer: it issues nothing from then on, and its certificate is on the list of each issuer of this mount
 * that signed it. What it issued can be revoked on, and its own list is made on. The second time answers the first.
 */
export async function revokeIssuer(
  parts: RevokeParts,
  request: EngineRequest<{ readonly issuer_ref: string }>,
): Promise<Answer> {
  const { pki, lists } = parts;
  const { mount } = request;
  const { id } = await readIssuer(pki, mount, request.fields.issuer_ref);
  const revoked = await withConfig(pki, mount, async ({ config }) => {
    const record = await readIssuer(pki, mount, id);
    if (record.body.revokedMillis !== null) return { next: config, changes: [], result: record.body };
    const next: IssuerRecord = {
      ...record.body,
      usage: record.body.usage.filter((usage) => usage !== 'issuing-certificates'),
      revokedMillis: request.nowMillis,
    };
    return {
      next: { ...config, issuerGeneration: config.issuerGeneration + 1 },
      changes: [pki.issuers.update(record, next), ...(await certificateRevoked(pki, request, next))],
      result: next,
    };
  });
  const signers = await signersOf(pki, mount, revoked);
  if (signers.every(({ body }) => body.keyId === '')) request.warn(unlisted(revoked));
  for (const signer of signers) if (signsLists(signer.body)) await lists.rebuild(mount, signer);
  return { data: await showIssuer(pki, mount, revoked) };
}

const unlisted = (issuer: IssuerRecord): string =>
  isSelfSigned(issuer)
    ? `Issuer ${issuer.id} is self-signed: no list can say of it that it was revoked. Take it out of every trust store.`
    : `The key of the issuer that signed ${issuer.id} is not in this mount: revoke its certificate there too, so that it is listed.`;

function isSelfSigned(issuer: IssuerRecord): boolean {
  const certificate = readCertificate(issuer);
  return isIssuedBy(certificate, certificate);
}

/** The issuers of this mount that signed an issuer's certificate: not itself, nor another certificate of its key. */
async function signersOf(pki: PkiStore, mount: Mount, issuer: IssuerRecord): Promise<StoredRecord<IssuerRecord>[]> {
  const certificate = readCertificate(issuer);
  const own = listId(issuer);
  return (await allIssuers(pki, mount)).filter(
    ({ body }) => listId(body) !== own && isIssuedBy(certificate, readCertificate(body)),
  );
}

/**
 * The change that makes the certificate of an issuer a revoked one; it is recorded now when it was signed elsewhere. A
 * self-signed one is on no list, but who trusts it here, as a log-in method does, learns of it by this.
 */
async function certificateRevoked(
  pki: PkiStore,
  { mount, nowMillis }: Pick<EngineRequest<unknown>, 'mount' | 'nowMillis'>,
  issuer: IssuerRecord,
): Promise<Change[]> {
  const certificate = readCertificate(issuer);
  const { certificates } = pki.core;
  const serial = serialKey(certificate.serial);
  const found = await certificates.find(mount, serial);
  if (found && found.body.der === issuer.certificate)
    return found.row.revoked_millis === null ? [certificates.revocation(found, nowMillis)] : [];
  if (found) return [];
  const [signer] = await signersOf(pki, mount, issuer);
  return [recordRevocation(pki, mount, certificate, { issuerId: signer?.id ?? '', revokedMillis: nowMillis })];
}
