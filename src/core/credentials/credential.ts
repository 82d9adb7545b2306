import type { Row } from '../../store/index.ts';

export type CredentialSort = 'api_key' | 'pat';

/** Who made it, as `created_by` shows. */
export interface Maker {
  readonly entityId: string;
  readonly displayName: string;
  readonly accessor: string;
}

/** At most `limit` in each window, counted by each node for itself. */
export interface RateLimit {
  readonly name: string;
  readonly limit: number;
  readonly windowSeconds: number;
  /** `fixed` counts from the first use on; `sliding` also weighs what is left of the window before. */
  readonly kind: 'fixed' | 'sliding';
}

/** What only API keys have. Credits and refill: null and 0 when there are none. */
export interface ApiKeyDetails {
  readonly contact: string;
  readonly externalId: string;
  readonly scopes: readonly string[];
  readonly rateLimits: readonly RateLimit[];
  /** The credits it was given; a refill never goes above this or `refillAmount`, whichever is more. */
  readonly creditsGiven: number | null;
  readonly refillAmount: number;
  readonly refillSeconds: number;
  /** SHA-256 of the client certificate it is bound to, base64url; '' when it is bound to none. */
  readonly certThumbprint: string;
}

/** One bound on what a PAT may do: the text of a policy, or names of policies. All bounds apply together. */
export type PatBound = { readonly grants: string } | { readonly policies: readonly string[] };

/** What only personal access tokens have. */
export interface PatDetails {
  readonly bounds: readonly PatBound[];
  /** Policy text as last given; '' when none was. */
  readonly grants: string;
  readonly audience: string;
  readonly justification: string;
  /** Accessor of the auth mount its owner logged in through; its policies are asked for again at each use. */
  readonly loginMount: string | null;
  /** Whether the owner had the policy `default` when this was made. */
  readonly withDefault: boolean;
}

/** What is sealed in a credential's row. */
export interface CredentialBody {
  readonly name: string;
  readonly owner: string;
  readonly policies: readonly string[];
  readonly boundCidrs: readonly string[];
  readonly tags: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly createdBy: Maker;
  readonly notBeforeMillis: number | null;
  readonly rotatedFrom: string | null;
  readonly rotatedTo: string | null;
  /** Until when a rotated credential goes on working. */
  readonly overlapEndMillis: number | null;
  /** Why it was revoked or disabled, as given. */
  readonly reason: string;
  readonly apiKey?: ApiKeyDetails;
  readonly pat?: PatDetails;
}

/** `rotated` is stored from the rotation on; until its overlap ends it counts as active. */
export type StoredState = 'active' | 'disabled' | 'revoked' | 'rotated';

/** A stored credential: its row with the counters as read, and the opened body. Shared: do not change it. */
export interface Credential {
  readonly row: Row<'credentials'>;
  readonly body: CredentialBody;
}

export const credentialStates = [
  'active',
  'disabled',
  'revoked',
  'expired',
  'not_yet_valid',
  'rotated',
  'exhausted',
] as const;
export type CredentialState = (typeof credentialStates)[number];

/** What a credential is worth at a moment, whatever was last written of it. */
export function stateOf(credential: Credential, nowMillis: number): CredentialState {
  const { row, body } = credential;
  if (row.state === 'revoked') return 'revoked';
  if (row.state === 'disabled') return 'disabled';
  if (body.rotatedTo !== null && nowMillis >= (body.overlapEndMillis ?? 0)) return 'rotated';
  if (row.state !== 'active' && row.state !== 'rotated') return 'disabled';
  if (row.expire_millis !== null && row.expire_millis <= nowMillis) return 'expired';
  if (body.notBeforeMillis !== null && body.notBeforeMillis > nowMillis) return 'not_yet_valid';
  // A rotated key draws on the credits of the one that came after it.
  if (body.rotatedTo === null && creditsAt(credential, nowMillis) === 0) return 'exhausted';
  return 'active';
}

/** Whether it can still be used, now or later, without somebody widening it: what limits on live keys count. */
export function isLive(credential: Credential, nowMillis: number): boolean {
  const state = stateOf(credential, nowMillis);
  return state !== 'revoked' && state !== 'expired' && state !== 'rotated';
}

/** Whole refill intervals that have gone by since the last one. */
export function refillsDue(credential: Credential, nowMillis: number): number {
  const { row, body } = credential;
  const { refillAmount = 0, refillSeconds = 0 } = body.apiKey ?? {};
  // The credits of a rotated key, and their refills, are with the one that came after it.
  if (body.rotatedTo !== null || row.credits_left === null || refillAmount === 0 || refillSeconds === 0) return 0;
  return Math.max(0, Math.floor((nowMillis - (row.refilled_millis ?? row.created_millis)) / (refillSeconds * 1000)));
}

/** Credits with the refills that are due; null when there is no limit. */
export function creditsAt(credential: Credential, nowMillis: number): number | null {
  const { row, body } = credential;
  if (row.credits_left === null) return null;
  const due = refillsDue(credential, nowMillis);
  if (due === 0) return row.credits_left;
  const { refillAmount = 0, creditsGiven = 0 } = body.apiKey ?? {};
  const full = Math.max(creditsGiven ?? 0, refillAmount);
  return Math.max(row.credits_left, Math.min(full, row.credits_left + due * refillAmount));
}
