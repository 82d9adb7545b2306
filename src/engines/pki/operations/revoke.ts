import type { Answer, EngineRequest, Mount, StoredCertificate } from '../../../core/index.ts';
import { formatTime, StrongroomError } from '../../../lib/index.ts';
import { isGuardFailure } from '../../../store/index.ts';
import { type ParsedCertificate, parseCertificate, parseSerial, serialKey } from '../../../x509/index.ts';
import { isIssuedBy, readCertificate } from '../authority.ts';
import { allIssuers, type PkiStore, readConfig } from '../pki-store.ts';
import { signsLists } from '../records.ts';
import type { RevocationLists } from '../revocation-lists.ts';
import { recordRevocation } from './record-revocation.ts';

export interface RevokeParts {
  readonly pki: PkiStore;
  readonly lists: RevocationLists;
}

function refuse(message: string, hint: string): never {
  throw new StrongroomError('invalid_request', message, { hint });
}

const withColons = (serial: string): string => serial.replace(/..(?!$)/g, '$&:');

const refuseExpired = (serial: string): never =>
  refuse(
    `certificate with serial ${withColons(serial)} already expired; refusing to add to CRL`,
    'it cannot be used any more',
  );

/**
 * Revokes a certificate of this mount, by serial number or by the certificate itself: that alone names one which its
 * role did not store. The second time answers the first.
 */
export async function revokeCertificate(
  parts: RevokeParts,
  request: EngineRequest<{ readonly serial_number?: string | undefined; readonly certificate?: string | undefined }>,
): Promise<Answer> {
  const { serial_number: serialText, certificate: pem } = request.fields;
  if (!serialText === !pem)
    refuse(
      'the serial number or certificate to revoke must be specified',
      'send exactly one of serial_number and certificate',
    );
  const parsed = pem ? parseCertificate(pem) : undefined;
  const serial = parsed ? serialKey(parsed.serial) : serialKey(parseSerial(serialText ?? ''));
  const stored =
    (await parts.pki.core.certificates.find(request.mount, serial)) ??
    (parsed && (await revokeUnstored(parts.pki, request.mount, parsed, request.nowMillis)));
  if (!stored || (parsed && stored.body.der !== parsed.der.toString('base64'))) {
    return refuse(
      `certificate with serial ${withColons(serial)} not found`,
      'only what this mount issued is revoked here; what it did not store, by "certificate"',
    );
  }
  if ((stored.row.expire_millis ?? 0) <= request.nowMillis) {
    refuseExpired(serial);
  }
  await refuseOwnAuthority(parts.pki, request.mount, stored.body.der);
  const revokedMillis = await revokeSerial(parts, request.mount, serial);
  const signer = await parts.pki.issuers.read(request.mount, stored.row.issuer);
  if (signer?.body.keyId === '')
    request.warn('The key of its issuer is not in this mount: revoke it there too, so that it is listed.');
  return {
    data: {
      revocation_time: Math.floor(revokedMillis / 1000),
      revocation_time_rfc3339: formatTime(revokedMillis),
      state: 'revoked',
    },
  };
}

/** Records a certificate that an issuer of this mount signed and nobody stored; one that is over is left to be refused. */
async function revokeUnstored(
  pki: PkiStore,
  mount: Mount,
  certificate: ParsedCertificate,
  nowMillis: number,
): Promise<StoredCertificate | undefined> {
  const signer = (await allIssuers(pki, mount)).find(({ body }) => isIssuedBy(certificate, readCertificate(body)));
  if (!signer) return undefined;
  const { certificates, store } = pki.core;
  const serial = serialKey(certificate.serial);
  if (certificate.notAfterSeconds * 1000 <= nowMillis) return refuseExpired(serial);
  await refuseOwnAuthority(pki, mount, certificate.der.toString('base64'));
  try {
    await store.commit([recordRevocation(pki, mount, certificate, { issuerId: signer.id, revokedMillis: nowMillis })]);
  } catch (error) {
    // Somebody else recorded it meanwhile.
    if (!isGuardFailure(error)) throw error;
  }
  return certificates.find(mount, serial);
}

/** A mount's own root cannot say of itself that it is not to be believed. */
async function refuseOwnAuthority(pki: PkiStore, mount: Mount, der: string): Promise<void> {
  const issuers = await pki.issuers.page(mount, '', 10_000);
  if (issuers.some((record) => record.body.certificate === der)) {
    refuse('adding issuer to its own CRL is not allowed', 'revoke it as an issuer: issuer/:issuer_ref/revoke');
  }
}

/** Revokes and brings the list up to date; the certificate is refused by this server from the first commit on. */
async function revokeSerial(parts: RevokeParts, mount: Mount, serial: string): Promise<number> {
  const revokedMillis = await parts.pki.core.certificates.revoke(mount, serial);
  if (revokedMillis === undefined) return refuse('certificate not found', 'it may have expired and been cleaned up');
  await renewList(parts, mount, serial);
  return revokedMillis;
}

/**
 * Revokes for a caller who ends many things, and must not be stopped by one list that cannot be made now: it is made
 * when it is asked for, and not given out before. What is over, or gone, needs no revocation.
 */
export async function revokeSwept(parts: RevokeParts, mount: Mount, serial: string): Promise<void> {
  const { certificates, clock, log } = parts.pki.core;
  const found = await certificates.find(mount, serial);
  if (!found || (found.row.expire_millis ?? Number.POSITIVE_INFINITY) <= clock.nowMillis()) return;
  await certificates.revoke(mount, serial);
  try {
    await renewList(parts, mount, serial);
  } catch (error) {
    log.warn({ mount: mount.prefix, cause: String(error) }, 'a revocation list is behind until it is asked for');
  }
}

async function renewList(parts: RevokeParts, mount: Mount, serial: string): Promise<void> {
  const stored = await parts.pki.core.certificates.find(mount, serial);
  const issuer = stored && (await parts.pki.issuers.read(mount, stored.row.issuer));
  const { config } = await readConfig(parts.pki, mount);
  // One that may sign no lists has none to bring up to date; the revocation stands all the same.
  if (issuer && signsLists(issuer.body) && !config.crlDisabled) await parts.lists.rebuild(mount, issuer);
}
