import { parseCidrList, StrongroomError } from '../../lib/index.ts';
import type { PolicyStore, PolicySubject } from '../authority/index.ts';
import type { Entity, IdentityStore } from '../identity/index.ts';
import type { MountTable } from '../mounts/index.ts';
import type { Acl } from '../policies/index.ts';
import { isEverlastingRoot, type TokenRecord, type TokenStore } from '../tokens/index.ts';
import type { CredentialUse, Principal } from './principal.ts';

/** What an entity adds to a caller: its policies and whose data templates may name. */
export interface Identity {
  readonly entity: Entity;
  readonly subject: PolicySubject;
  readonly policies: readonly string[];
}

/** Parsed once a list; the lists come from rows, and few of them are different. */
const cidrLists = new Map<string, ReturnType<typeof parseCidrList>>();

function cidrList(texts: readonly string[]): ReturnType<typeof parseCidrList> {
  const key = texts.join();
  let list = cidrLists.get(key);
  if (!list) {
    if (cidrLists.size > 1_000) cidrLists.clear();
    list = parseCidrList(texts);
    cidrLists.set(key, list);
  }
  return list;
}

/** Refuses an address outside the blocks a credential is bound to. */
export function requireAddress(blocks: readonly string[], remoteAddress: string): void {
  if (blocks.length === 0 || cidrList(blocks).allows(remoteAddress)) return;
  throw new StrongroomError('address_refused', 'permission denied', {
    hint: 'this credential is bound to other addresses than the one the request came from',
  });
}

/** Builds principals: the one place where a stored credential becomes rights. */
export class PrincipalFactory {
  readonly #tokens: TokenStore;
  readonly #policies: PolicyStore;
  readonly #identity: IdentityStore;
  readonly #mounts: MountTable;
  /** Principals by the record they were made of, while its rights are the same; only of tokens without an entity. */
  readonly #known = new WeakMap<TokenRecord, Principal>();

  constructor(parts: { tokens: TokenStore; policies: PolicyStore; identity: IdentityStore; mounts: MountTable }) {
    this.#tokens = parts.tokens;
    this.#policies = parts.policies;
    this.#identity = parts.identity;
    this.#mounts = parts.mounts;
  }

  /** The live principal behind a token's text; undefined for anything that is not valid now. Takes a limited use. */
  async fromToken(text: string, use: CredentialUse): Promise<Principal | undefined> {
    const found = this.#tokens.find(use.namespace, text);
    const token = found instanceof Promise ? await found : found;
    if (!token) return undefined;
    // What a log-in method gave out dies with it: also a batch token, which has no row to delete.
    if (token.mount !== null && !this.#mounts.byAccessor(token.mount)) return undefined;
    // Before a use is taken: from elsewhere a token is not used up either.
    if (!isEverlastingRoot(token)) {
      requireAddress(token.body.boundCidrs, use.remoteAddress);
      if (token.body.strictAddress !== '') requireAddress([token.body.strictAddress], use.remoteAddress);
    }
    let usesLeft: number | undefined;
    if (token.usesLeft !== null) {
      usesLeft = await this.#tokens.takeUse(token);
      if (usesLeft === undefined) return undefined;
    }
    return this.#build(token, usesLeft);
  }

  /** The principal a token would be, without using it: for `sys/capabilities` and look-ups by accessor. */
  async describe(token: TokenRecord): Promise<Principal> {
    return this.#build(token, token.usesLeft ?? undefined);
  }

  async #build(token: TokenRecord, usesLeft: number | undefined): Promise<Principal> {
    const identity = token.entityId === '' ? undefined : await this.requireIdentity(token.namespace, token.entityId);
    const identityPolicies = identity?.policies ?? [];
    const policies = mergePolicies(token.body.policies, identityPolicies);
    const compiled = this.#policies.aclFor(token.namespace, policies, identity?.subject);
    const acl = compiled instanceof Promise ? await compiled : compiled;
    const known = identity === undefined && usesLeft === undefined ? this.#known.get(token) : undefined;
    if (known !== undefined && known.acls[0] === acl) return known;
    const principal: Principal = {
      kind: 'token',
      credentialId: token.id,
      accessor: token.body.accessor,
      displayName: token.body.displayName,
      policies,
      tokenPolicies: token.body.policies,
      identityPolicies,
      entityId: token.entityId,
      metadata: token.body.meta,
      tokenType: token.type,
      issuedMillis: token.body.issuedMillis,
      expireMillis: token.expireMillis,
      usesLeft,
      acls: [acl],
      isRoot: policies.includes('root'),
      token,
    };
    if (identity === undefined && usesLeft === undefined) this.#known.set(token, principal);
    return principal;
  }

  /** The entity behind a credential as it is now. One that is gone or disabled ends every credential of its. */
  async requireIdentity(namespace: string, entityId: string): Promise<Identity> {
    const entity = await this.#identity.findEntity(namespace, entityId);
    if (!entity || entity.disabled) {
      throw new StrongroomError('permission_denied', 'permission denied', {
        hint: 'the identity behind this credential is disabled or gone',
      });
    }
    const aliases = await this.#identity.listAliases(namespace, { entityId });
    return { entity, subject: { entity, aliases }, policies: entity.policies };
  }

  /** The rights of a list of policies, with templates filled from an identity. */
  async acl(namespace: string, policies: readonly string[], identity?: Identity): Promise<Acl> {
    return this.#policies.aclFor(namespace, policies, identity?.subject);
  }
}

/** Both lists together, sorted, each once. */
export function mergePolicies(left: readonly string[], right: readonly string[]): readonly string[] {
  if (right.length === 0) return left;
  return [...new Set([...left, ...right])].sort();
}
