import {
  type Answer,
  type EngineRequest,
  type Mount,
  type PageFields,
  pageLength,
  type StoredRecord,
} from '../../../core/index.ts';
import { formatTime, StrongroomError } from '../../../lib/index.ts';
import { encodePem, parseSerial, serialKey } from '../../../x509/index.ts';
import { certificatePem, findChain, readCertificate } from '../authority.ts';
import { type PkiStore, readConfig } from '../pki-store.ts';
import type { IssuerRecord } from '../records.ts';
import type { RevocationLists } from '../revocation-lists.ts';

const missing = (): StrongroomError =>
  new StrongroomError('not_found', '', { hint: 'this mount stored no certificate of that serial number' });

const pkixCert = 'application/pkix-cert';
const pkixCrl = 'application/pkix-crl';
const pemFile = 'application/x-pem-file';
const pemChain = 'application/pem-certificate-chain';
const nothing: Answer = { status: 204 };

async function defaultIssuer(pki: PkiStore, mount: Mount): Promise<StoredRecord<IssuerRecord> | undefined> {
  const { config } = await readConfig(pki, mount);
  return config.defaultIssuer === '' ? undefined : pki.issuers.read(mount, config.defaultIssuer);
}

/** The default issuer's certificate; nothing while there is none. */
export async function readAuthority(pki: PkiStore, mount: Mount, pem: boolean): Promise<Answer> {
  const issuer = await defaultIssuer(pki, mount);
  if (!issuer) return nothing;
  return rawCertificate(readCertificate(issuer.body).der, pem);
}

export function rawCertificate(der: Buffer, pem: boolean): Answer {
  return pem
    ? { raw: { bytes: certificatePem(der), contentType: pemFile } }
    : { raw: { bytes: der, contentType: pkixCert } };
}

export async function readAuthorityChain(pki: PkiStore, mount: Mount): Promise<Answer> {
  const issuer = await defaultIssuer(pki, mount);
  if (!issuer) return nothing;
  return { raw: { bytes: await chainPem(pki, mount, issuer.body), contentType: pemChain } };
}

async function chainPem(pki: PkiStore, mount: Mount, issuer: IssuerRecord): Promise<string> {
  return (await findChain(pki, mount, issuer)).map((member) => certificatePem(member.der)).join('\n');
}

/** The default issuer's revocation list, raw. */
export async function readDefaultList(
  pki: PkiStore,
  lists: RevocationLists,
  mount: Mount,
  pem: boolean,
): Promise<Answer> {
  const issuer = await defaultIssuer(pki, mount);
  if (!issuer) return nothing;
  return rawList(await lists.current(mount, issuer), pem);
}

export function rawList(der: Buffer, pem: boolean): Answer {
  return pem
    ? { raw: { bytes: encodePem('X509 CRL', der), contentType: pemFile } }
    : { raw: { bytes: der, contentType: pkixCrl } };
}

export interface SerialFields {
  readonly serial: string;
}

/** A stored certificate, or one of the names that stand for what belongs to the default issuer. */
export async function readStored(
  pki: PkiStore,
  lists: RevocationLists,
  request: EngineRequest<SerialFields>,
): Promise<Answer> {
  const { mount } = request;
  const { serial } = request.fields;
  if (serial === 'ca' || serial === 'ca_chain' || serial === 'crl') {
    const issuer = await defaultIssuer(pki, mount);
    if (!issuer) throw missing();
    const none = { revocation_time: 0, revocation_time_rfc3339: '' };
    if (serial === 'crl')
      return { data: { certificate: encodePem('X509 CRL', await lists.current(mount, issuer)).trimEnd(), ...none } };
    if (serial === 'ca') return { data: { certificate: certificatePem(readCertificate(issuer.body).der), ...none } };
    const chain = await chainPem(pki, mount, issuer.body);
    return { data: { ca_chain: chain, certificate: chain, ...none } };
  }
  const stored = await pki.core.certificates.find(mount, serialKey(parseSerial(serial)));
  if (!stored) throw missing();
  const { revoked_millis: revokedMillis } = stored.row;
  return {
    data: {
      certificate: `${certificatePem(Buffer.from(stored.body.der, 'base64'))}\n`,
      issuer_id: stored.row.issuer,
      revocation_time: revokedMillis === null ? 0 : Math.floor(revokedMillis / 1000),
      revocation_time_rfc3339: revokedMillis === null ? '' : formatTime(revokedMillis),
    },
  };
}

export async function readStoredRaw(
  pki: PkiStore,
  request: EngineRequest<SerialFields>,
  pem: boolean,
): Promise<Answer> {
  if (request.fields.serial === 'ca') return readAuthority(pki, request.mount, pem);
  const stored = await pki.core.certificates.find(request.mount, serialKey(parseSerial(request.fields.serial)));
  return stored ? rawCertificate(Buffer.from(stored.body.der, 'base64'), pem) : nothing;
}

const colons = (serial: string): string => serial.replace(/..(?!$)/g, '$&:');

export async function listCertificates(pki: PkiStore, request: EngineRequest<PageFields>): Promise<Answer> {
  const { after } = request.fields;
  const from = after ? serialKey(parseSerial(after)) : '';
  const serials = await pki.core.certificates.serials(request.mount, from, pageLength(request.fields));
  if (serials.length === 0) throw new StrongroomError('not_found', '', { hint: 'nothing was issued and stored here' });
  return { data: { keys: serials.map(colons) } };
}

export async function listRevoked(pki: PkiStore, request: EngineRequest<PageFields>): Promise<Answer> {
  const { after } = request.fields;
  const from = after ? serialKey(parseSerial(after)) : '';
  const serials = await pki.core.certificates.revokedSerials(request.mount, from, pageLength(request.fields));
  if (serials.length === 0) throw new StrongroomError('not_found', '', { hint: 'nothing was revoked here' });
  return { data: { keys: serials.map(colons) } };
}
