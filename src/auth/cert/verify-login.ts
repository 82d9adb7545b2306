import type { Mount } from '../../core/index.ts';
import {
  decodePem,
  type ParsedCertificate,
  parseCertificate,
  SignatureMemo,
  verifyClientPath,
} from '../../x509/index.ts';
import type { CertStore } from './cert-store.ts';
import { clientName } from './client-name.ts';
import { matchesRole } from './matches-role.ts';
import type { PresentedCertificate } from './presented-certificate.ts';
import type { CertRole } from './records.ts';
import { revocationCheck } from './revocation-check.ts';

export interface VerifiedLogin {
  readonly role: CertRole;
  readonly leaf: ParsedCertificate;
  readonly commonName: string;
}

/** The first of the roles that a presented certificate fits, or undefined. Why not goes to the log, not to the caller. */
export async function verifyLogin(
  store: CertStore,
  mount: Mount,
  presented: PresentedCertificate,
  roles: readonly CertRole[],
): Promise<VerifiedLogin | undefined> {
  const isRevoked = revocationCheck(store, mount);
  const signatures = new SignatureMemo();
  for (const role of roles) {
    const result = await verifyClientPath({
      leafDer: presented.leafDer,
      intermediatesDer: presented.intermediatesDer,
      anchorsDer: anchorsOf(role),
      clock: store.core.clock,
      purpose: 'clientAuth',
      isRevoked,
      signatures,
    });
    const commonName = result.ok ? clientName(result.leaf) : undefined;
    if (result.ok && commonName !== undefined && matchesRole(result.leaf, commonName, role))
      return { role, leaf: result.leaf, commonName };
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
