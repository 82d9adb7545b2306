import type { Answer, EngineRequest } from '../../../core/index.ts';
import { StrongroomError } from '../../../lib/index.ts';
import type { ParsedCertificate } from '../../../x509/index.ts';
import type { CertStore } from '../cert-store.ts';
import { extensionText } from '../matches-role.ts';
import { presentedCertificate } from '../presented-certificate.ts';
import type { CertRole } from '../records.ts';
import { verifyLogin } from '../verify-login.ts';

/** More roles than this at one mount: name the one that is meant. */
const maxRolesTried = 200;

/** One text for every reason: expired, revoked, foreign, other names. */
const refused = (): StrongroomError =>
  new StrongroomError('login_failed', 'invalid certificate or no client certificate supplied', {
    hint: 'the certificate must be valid, for client authentication, and fit a role of this mount',
  });

/** Turns the certificate proven in the handshake into a token. */
export async function logIn(
  store: CertStore,
  request: EngineRequest<{ readonly name?: string | undefined }>,
): Promise<Answer> {
  const presented = presentedCertificate(request.connection);
  const roles = await rolesToTry(store, request);
  const verified = await verifyLogin(store, request.mount, presented, roles);
  if (!verified) throw refused();
  const { role, leaf, commonName } = verified;
  const auth = await store.core.logins.issue(request, {
    parameters: role.parameters,
    displayName: role.displayName,
    metadata: describeLeaf(role, leaf, commonName),
    alias: commonName,
    internal: { role: role.name, fingerprint: presented.fingerprint },
  });
  return { auth };
}

async function rolesToTry(
  store: CertStore,
  request: EngineRequest<{ readonly name?: string | undefined }>,
): Promise<CertRole[]> {
  const name = request.fields.name;
  if (name !== undefined && name !== '') {
    const record = await store.roles.read(request.mount, name.toLowerCase());
    return record ? [record.body] : [];
  }
  const page = await store.roles.page(request.mount, '', maxRolesTried);
  return page.map((record) => record.body);
}

const colons = (bytes: Buffer | undefined): string => (bytes?.toString('hex').match(/../g) ?? []).join(':');

function describeLeaf(role: CertRole, leaf: ParsedCertificate, commonName: string): Record<string, string> {
  const extensions = role.allowedMetadataExtensions.flatMap((oid): [string, string][] => {
    const extension = leaf.extensions.get(oid);
    return extension ? [[oid.replaceAll('.', '-'), extensionText(Buffer.from(extension.value)).slice(0, 512)]] : [];
  });
  return {
    authority_key_id: colons(leaf.authorityKeyIdentifier),
    cert_name: role.name,
    common_name: commonName,
    serial_number: BigInt(`0x${leaf.serial.toString('hex')}`).toString(),
    subject_key_id: colons(leaf.subjectKeyIdentifier),
    ...Object.fromEntries(extensions),
  };
}
