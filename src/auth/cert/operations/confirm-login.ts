import {
  type EngineRequest,
  type LoginLimits,
  loginPolicies,
  type Mount,
  type TokenRecord,
} from '../../../core/index.ts';
import { StrongroomError } from '../../../lib/index.ts';
import type { CertStore } from '../cert-store.ts';
import { presentedCertificate } from '../presented-certificate.ts';
import { defaultCertConfig } from '../records.ts';
import { verifyLogin } from '../verify-login.ts';

function refuse(message: string): never {
  throw new StrongroomError('invalid_request', message, { hint: 'log in again with the certificate' });
}

/**
 * A renewal finds the role with the policies that it gave, and shows the very certificate that logged in, which must still
 * be good; the mount can switch the certificate off, not the role.
 */
export async function confirmLogin(
  store: CertStore,
  token: TokenRecord,
  mount: Mount,
  request: EngineRequest,
): Promise<LoginLimits> {
  const { internal } = token.body;
  const role = await store.roles.read(mount, internal['role'] ?? '');
  if (!role) return refuse('the role of this log-in is gone, not renewing');
  if (loginPolicies(role.body.parameters).join() !== token.body.policies.join())
    return refuse('policies have changed, not renewing');
  const config = (await store.configs.read(mount, 'config'))?.body ?? defaultCertConfig;
  if (!config.disableBinding) {
    const presented = presentedCertificate(request.connection);
    if (presented.fingerprint !== internal['fingerprint'])
      return refuse('client identity during renewal not matching client identity used during login');
    const verified = await verifyLogin(store, mount, presented, [role.body]);
    if (!verified) return refuse('the certificate is no longer good, not renewing');
  }
  const { ttlSeconds, maxTtlSeconds, periodSeconds, explicitMaxSeconds } = role.body.parameters;
  return { ttlSeconds, maxTtlSeconds, periodSeconds, explicitMaxSeconds };
}
