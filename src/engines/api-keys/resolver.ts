import type { Core, Credential, CredentialResolver, CredentialUse, Principal } from '../../core/index.ts';
import { requireAddress, stateOf } from '../../core/index.ts';
import { inspectCredential } from '../../lib/index.ts';
import type { KeyStore } from './key-store.ts';
import { keyPrefix } from './operations/verify-key.ts';

/** API keys as credentials for Strongroom itself: with the policies of the key, or of its space; none means nothing. */
export function apiKeyResolver(core: Core, keys: KeyStore): CredentialResolver {
  return {
    kind: 'api_key',
    recognises: (text) => keyPrefix(text) !== undefined,
    resolve: async (text, use) => {
      const prefix = keyPrefix(text);
      if (prefix === undefined || inspectCredential(text, prefix) !== 'well_formed') return undefined;
      const credential = await keys.credentials.findByText(use.namespace, 'api_key', text);
      if (!credential || stateOf(credential, use.nowMillis) !== 'active') return undefined;
      // A key that is bound to a certificate is only for `verify`, where a gateway vouches for the certificate.
      if (credential.body.apiKey?.certThumbprint) return undefined;
      return buildPrincipal(core, keys, credential, use);
    },
  };
}

async function buildPrincipal(
  core: Core,
  keys: KeyStore,
  credential: Credential,
  use: CredentialUse,
): Promise<Principal | undefined> {
  const { row, body } = credential;
  const mount = core.mounts.byId(row.mount);
  const space = mount && (await keys.spaces.read(mount, row.space))?.body;
  if (!space || space.disabled) return undefined;
  requireAddress(body.boundCidrs, use.remoteAddress);
  const policies = body.policies.length > 0 ? body.policies : space.policies;
  keys.credentials.lastUses.note(row, use.nowMillis, use.remoteAddress);
  return {
    kind: 'api_key',
    credentialId: row.id,
    accessor: row.id,
    displayName: `api-key-${body.name || row.start}`,
    policies,
    tokenPolicies: policies,
    identityPolicies: [],
    entityId: '',
    metadata: body.metadata,
    tokenType: 'default',
    issuedMillis: row.created_millis,
    expireMillis: row.expire_millis,
    usesLeft: undefined,
    acls: [await core.principals.acl(use.namespace, policies)],
    isRoot: false,
    token: undefined,
  };
}
