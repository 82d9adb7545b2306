import type { Acl } from '../policies/index.ts';
import type { TokenRecord } from '../tokens/index.ts';

export type CredentialKind = 'token' | 'api_key' | 'pat';

/** Who calls, whatever was presented. */
export interface Principal {
  readonly kind: CredentialKind;
  /** The stored id of what was presented: the token's keyed hash, the key's or PAT's id. Owns the cubbyhole. */
  readonly credentialId: string;
  /** Shown in lists and logs in place of the credential. */
  readonly accessor: string;
  readonly displayName: string;
  /** Token and identity policies together, sorted. */
  readonly policies: readonly string[];
  readonly tokenPolicies: readonly string[];
  readonly identityPolicies: readonly string[];
  readonly entityId: string;
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly tokenType: 'service' | 'batch' | 'default';
  readonly issuedMillis: number;
  readonly expireMillis: number | null;
  /** Uses left after this one; undefined when there is no limit. */
  readonly usesLeft: number | undefined;
  /** Every one of these must allow a request: a PAT has its owner's and its own. */
  readonly acls: readonly Acl[];
  readonly isRoot: boolean;
  /** Present when a token was presented. */
  readonly token: TokenRecord | undefined;
}

/** Recognises one kind of credential by its visible beginning and resolves it. */
export interface CredentialResolver {
  readonly kind: CredentialKind;
  /** Whether a text is of this kind, by its looks alone. */
  readonly recognises: (text: string) => boolean;
  /**
   * The principal behind a credential, or undefined for anything that is not valid now; throws `address_refused` when
   * it is bound to other addresses.
   */
  readonly resolve: (text: string, from: CredentialUse) => Promise<Principal | undefined> | Principal | undefined;
}

export interface CredentialUse {
  readonly namespace: string;
  readonly remoteAddress: string;
  readonly nowMillis: number;
}
