import type { Core, Credential, CredentialResolver, CredentialUse, Principal } from '../../core/index.ts';
import { requireAddress, stateOf } from '../../core/index.ts';
import { inspectCredential, StrongroomError } from '../../lib/index.ts';
import type { KeyStore } from './key-store.ts';
import { keyPrefix } from './operations/verify-key.ts';
import { heedReuse } from './reuse.ts';
import { rightsOf, type Space } from './space.ts';
import { takeUse } from './take-use.ts';

/** API keys as credentials for Strongroom itself: with the policies of the key, or of its space; none means nothing. */
export function apiKeyResolver(core: Core, keys: KeyStore): CredentialResolver {
  return {
    kind: 'api_key',
    recognises: (text) => keyPrefix(text) !== undefined,
    resolve: async (text, use) => {
      const prefix = keyPrefix(text);
      if (prefix === undefined || inspectCredential(text, prefix) !== 'well_formed') return undefined;
      const credential = await keys.credentials.findByText(use.namespace, 'api_key', text);
      if (!credential) return undefined;
      const state = stateOf(credential, use.nowMillis);
      if (state === 'rotated') await heedReuse(keys, credential, await spaceOf(core, keys, credential), use.nowMillis);
      if (state !== 'active') return undefined;
      // A key that is bound to a certificate is only for `verify`, where a gateway vouches for the certificate.
      if (credential.body.apiKey?.certThumbprint) return undefined;
      return buildPrincipal(core, keys, credential, use);
    },
  };
}

async function spaceOf(core: Core, keys: KeyStore, { row }: Credential): Promise<Space | undefined> {
  const mount = core.mounts.byId(row.mount);
  return mount && (await keys.spaces.read(mount, row.space))?.body;
}

async function buildPrincipal(
  core: Core,
  keys: KeyStore,
  credential: Credential,
  use: CredentialUse,
): Promise<Principal | undefined> {
  const { row, body } = credential;
  const space = await spaceOf(core, keys, credential);
  if (!space || space.disabled) return undefined;
  requireAddress(space.boundCidrs, use.remoteAddress);
  requireAddress(body.boundCidrs, use.remoteAddress);
  if (!(await countUse(keys, credential, use.nowMillis))) return undefined;
  const policies = rightsOf(body, space);
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

/**
 * A use here counts as one at `verify` does: limits and credits are of the key, wherever it is shown. False when it was
 * revoked, or disabled, meanwhile.
 */
async function countUse(keys: KeyStore, credential: Credential, nowMillis: number): Promise<boolean> {
  const { code } = await takeUse(keys, credential, 1, nowMillis);
  if (code === 'rate_limited')
    throw new StrongroomError('rate_limited', 'the key is used too often', {
      hint: 'see the rate limits of the key',
      retryAfterSeconds: 1,
    });
  if (code === 'exhausted')
    throw new StrongroomError('permission_denied', 'permission denied', { hint: 'the key has no credits left' });
  return code === 'ok';
}
