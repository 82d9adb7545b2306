import type { Row } from '../../store/index.ts';

/** What is sealed in a token's row. Whole seconds; 0 = not set. */
export interface TokenBody {
  readonly accessor: string;
  /** Policies of the token itself, sorted; identity policies are added at each use. */
  readonly policies: readonly string[];
  /** The path the token was made at: `auth/token/create`, `auth/userpass/login/alice`. */
  readonly path: string;
  readonly meta: Readonly<Record<string, string>> | null;
  readonly displayName: string;
  /** The limit it was made with; what is left is a counter of the row. */
  readonly usesAtIssue: number;
  readonly creationTtlSeconds: number;
  readonly periodSeconds: number;
  readonly explicitMaxSeconds: number;
  /** Limits of the role or method it came from, as they were at issue. */
  readonly roleTtlSeconds: number;
  readonly roleMaxSeconds: number;
  readonly boundCidrs: readonly string[];
  readonly role: string;
  readonly renewable: boolean;
  readonly issuedMillis: number;
  readonly lastRenewedMillis: number;
  readonly strictAddress: string;
  /** What the auth method keeps to check a renewal by: the role's name, the certificate's digest. */
  readonly internal: Readonly<Record<string, string>>;
  /** Who made it, for `created_by`. */
  readonly createdBy: { readonly entityId: string; readonly displayName: string; readonly accessor: string } | null;
}

/** A live token. `row` is undefined for a batch token, which is not stored. */
export interface TokenRecord {
  readonly id: string;
  readonly namespace: string;
  readonly type: 'service' | 'batch';
  readonly parent: string | null;
  readonly entityId: string;
  /** Accessor of the auth mount the token came through. */
  readonly mount: string | null;
  readonly expireMillis: number | null;
  readonly usesLeft: number | null;
  readonly body: TokenBody;
  readonly row: Row<'tokens'> | undefined;
}

/** Whole seconds left, never negative; 0 when it does not expire. */
export function remainingSeconds(token: Pick<TokenRecord, 'expireMillis'>, nowMillis: number): number {
  return token.expireMillis === null ? 0 : Math.max(0, Math.round((token.expireMillis - nowMillis) / 1000));
}

/** A root token that never expires: it has no limits and no address binding. */
export function isEverlastingRoot(token: TokenRecord): boolean {
  return token.expireMillis === null && token.body.policies.length === 1 && token.body.policies[0] === 'root';
}
