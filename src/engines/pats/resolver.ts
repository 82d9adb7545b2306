import {
  type Acl,
  type Core,
  type Credential,
  type CredentialResolver,
  type CredentialUse,
  type Principal,
  requireAddress,
  stateOf,
} from '../../core/index.ts';
import { inspectCredential } from '../../lib/index.ts';
import { boundAcl, policiesWithin } from './grants.ts';
import { ownerRights } from './owner.ts';
import { type PatStore, patPrefix, readRules } from './pat-store.ts';
import { rulesFor } from './rules.ts';

/** PATs as credentials: allowed is what both the owner, as they are now, and every bound of the PAT allow. */
export function patResolver(core: Core, pats: PatStore): CredentialResolver {
  return {
    kind: 'pat',
    recognises: (text) => text.startsWith(patPrefix),
    resolve: async (text, use) => {
      if (inspectCredential(text, patPrefix) !== 'well_formed') return undefined;
      const credential = await pats.credentials.findByText(use.namespace, 'pat', text);
      if (!credential || stateOf(credential, use.nowMillis) !== 'active') return undefined;
      return buildPrincipal(core, pats, credential, use);
    },
  };
}

async function buildPrincipal(
  core: Core,
  pats: PatStore,
  credential: Credential,
  use: CredentialUse,
): Promise<Principal | undefined> {
  const { row, body } = credential;
  const mount = core.mounts.byId(row.mount);
  const details = body.pat;
  if (!mount || !details || row.entity_id === null) return undefined;
  const rights = await ownerRights(core, { namespace: row.namespace, entityId: row.entity_id, ...details });
  const rules = rights && rulesFor(await readRules(pats, mount), rights.identity.entity);
  if (!rights || !rules) return undefined;
  requireAddress(body.boundCidrs, use.remoteAddress);
  requireAddress(rules.boundCidrs, use.remoteAddress);
  const acls: Acl[] = [await core.principals.acl(use.namespace, rights.policies, rights.identity)];
  for (const bound of details.bounds) acls.push(await boundAcl(core, use.namespace, bound, rights.identity));
  pats.credentials.lastUses.note(row, use.nowMillis, use.remoteAddress);
  // Whoever asks which policies the caller has learns only of those the bounds leave whole: what is made by way of
  // this PAT never gets a policy that it has in part.
  const policies = policiesWithin(details.bounds, rights.policies);
  return {
    kind: 'pat',
    credentialId: row.id,
    accessor: row.id,
    displayName: `${body.owner}-pat-${body.name}`,
    policies,
    tokenPolicies: policies,
    identityPolicies: policiesWithin(details.bounds, rights.identity.policies),
    entityId: row.entity_id,
    metadata: body.metadata,
    tokenType: 'default',
    issuedMillis: row.created_millis,
    expireMillis: row.expire_millis,
    usesLeft: undefined,
    acls,
    isRoot: false,
    token: undefined,
  };
}
