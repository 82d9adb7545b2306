import type { Core, Mount } from '../../core/index.ts';
import {
  decodePem,
  type ParsedCertificate,
  type ParsedCrl,
  parseCertificate,
  parseCrl,
  serialKey,
  verifyClientPath,
} from '../../x509/index.ts';
import type { CertStore } from './cert-store.ts';
import { matchesRole } from './matches-role.ts';
import type { PresentedCertificate } from './presented-certificate.ts';
import type { CertRole } from './records.ts';

export interface VerifiedLogin {
  readonly role: CertRole;
  readonly leaf: ParsedCertificate;
}

/** The first of the roles that a presented certificate fits, or undefined. Why not goes to the log, not to the caller. */
export async function verifyLogin(
  store: CertStore,
  mount: Mount,
  presented: PresentedCertificate,
  roles: readonly CertRole[],
): Promise<VerifiedLogin | undefined> {
  const isRevoked = await revocationCheck(store, mount);
  for (const role of roles) {
    const result = await verifyClientPath({
      leafDer: presented.leafDer,
      intermediatesDer: presented.intermediatesDer,
      anchorsDer: anchorsOf(role),
      clock: store.core.clock,
      purpose: 'clientAuth',
      isRevoked,
    });
    if (result.ok && matchesRole(result.leaf, role)) return { role, leaf: result.leaf };
    const failure = result.ok ? 'names or extensions' : result.failure;
    store.core.log.debug({ mount: mount.prefix, role: role.name, failure }, 'a client certificate does not fit a role');
  }
  return undefined;
}

const anchors = new WeakMap<CertRole, readonly Buffer[]>();

/** Decoded once a role as it is stored: the record is shared until it changes. */
function anchorsOf(role: CertRole): readonly Buffer[] {
  const known = anchors.get(role);
  if (known) return known;
  const found = decodePem(role.certificate).map((block) => parseCertificate(block.der).der);
  anchors.set(role, found);
  return found;
}

/** Asks this server's own CAs and the lists an operator uploaded. A list that is out of date refuses (fail closed). */
async function revocationCheck(
  store: CertStore,
  mount: Mount,
): Promise<(certificate: ParsedCertificate) => Promise<boolean>> {
  const lists = await uploadedLists(store, mount);
  const nowSeconds = store.core.clock.nowMillis() / 1000;
  return async (certificate) => {
    const serial = serialKey(certificate.serial);
    if (await revokedHere(store.core, mount, serial, certificate.der)) return true;
    for (const list of lists) {
      if (!list.issuer.equals(certificate.issuer)) continue;
      if (list.nextUpdateSeconds < nowSeconds) throw new Error('an uploaded revocation list is out of date');
      if (list.revoked.has(serial)) return true;
    }
    return false;
  };
}

async function revokedHere(core: Core, mount: Mount, serial: string, der: Buffer): Promise<boolean> {
  return (await core.certificates.revocationOf(mount.namespace, serial, der)) !== undefined;
}

const parsedLists = new WeakMap<object, ParsedCrl>();

async function uploadedLists(store: CertStore, mount: Mount): Promise<ParsedCrl[]> {
  const records = await store.crls.page(mount, '', 100);
  return records.map(({ body }) => {
    const list = parsedLists.get(body) ?? parseCrl(body.pem);
    parsedLists.set(body, list);
    return list;
  });
}
