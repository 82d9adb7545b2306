import type { SecretText } from '../../lib/index.ts';

/** A credential as the caller holds it; it reaches a log only as a keyed hash. */
export type CredentialText = string | SecretText;

export interface AuditPolicyResults {
  readonly allowed: boolean;
  readonly grantingPolicies?:
    | readonly { readonly name: string; readonly namespaceId?: string | undefined; readonly type: string }[]
    | undefined;
}

/** Who asked (in `AuditEntry.auth`) or who was given authority (in `AuditResponse.auth`). */
export interface AuditAuth {
  readonly clientToken?: CredentialText | undefined;
  readonly accessor?: CredentialText | undefined;
  readonly displayName?: string | undefined;
  readonly policies?: readonly string[] | undefined;
  readonly tokenPolicies?: readonly string[] | undefined;
  readonly identityPolicies?: readonly string[] | undefined;
  readonly noDefaultPolicy?: boolean | undefined;
  readonly policyResults?: AuditPolicyResults | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly numUses?: number | undefined;
  readonly remainingUses?: number | undefined;
  readonly entityId?: string | undefined;
  readonly entityCreated?: boolean | undefined;
  readonly tokenType?: string | undefined;
  readonly tokenTtlSeconds?: number | undefined;
  /** RFC 3339. */
  readonly tokenIssueTime?: string | undefined;
  /** Id of the API key, PAT or other credential; hashed like an accessor. Not a member Vault has. */
  readonly credentialId?: CredentialText | undefined;
}

/** A header an operator chose to log, name in lower case. `hash` false shows its values in clear. */
export interface AuditHeader {
  readonly name: string;
  readonly values: readonly string[];
  readonly hash: boolean;
}

export interface AuditMount {
  readonly point?: string | undefined;
  readonly type?: string | undefined;
  readonly accessor?: string | undefined;
  readonly runningVersion?: string | undefined;
  /** `auth` or `secret`. */
  readonly class?: string | undefined;
}

export interface AuditRequest {
  /** The `request_id` of the answer. */
  readonly id: string;
  /** The route's operation id, such as `token.create`. Not a member Vault has. */
  readonly route?: string | undefined;
  readonly clientId?: string | undefined;
  /** create, read, update, delete, list, patch or help: after the existence check. */
  readonly operation?: string | undefined;
  readonly mount?: AuditMount | undefined;
  readonly clientToken?: CredentialText | undefined;
  readonly clientTokenAccessor?: CredentialText | undefined;
  readonly namespace?: { readonly id: string; readonly path: string } | undefined;
  readonly path: string;
  /** Any tree of JSON values, bytes and secrets. Every string in it is hashed. */
  readonly data?: unknown;
  /** Map keys whose values stay in clear: the mount's `audit_non_hmac_request_keys`. */
  readonly clearKeys?: ReadonlySet<string> | undefined;
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  readonly wrapTtlSeconds?: number | undefined;
  readonly headers?: readonly AuditHeader[] | undefined;
  readonly clientCertificateSerialNumber?: string | undefined;
}

export interface AuditWrapInfo {
  readonly ttlSeconds?: number | undefined;
  readonly token?: CredentialText | undefined;
  readonly accessor?: CredentialText | undefined;
  /** RFC 3339. */
  readonly creationTime?: string | undefined;
  readonly creationPath?: string | undefined;
  readonly wrappedAccessor?: CredentialText | undefined;
}

export interface AuditResponse {
  readonly auth?: AuditAuth | undefined;
  readonly leaseId?: string | undefined;
  /** As in `AuditRequest`; a raw body goes in as bytes and is never shown in clear. */
  readonly data?: unknown;
  /** Map keys whose values stay in clear: the mount's `audit_non_hmac_response_keys`. */
  readonly clearKeys?: ReadonlySet<string> | undefined;
  readonly warnings?: readonly string[] | undefined;
  readonly redirect?: string | undefined;
  readonly wrapInfo?: AuditWrapInfo | undefined;
  readonly headers?: readonly AuditHeader[] | undefined;
}

/**
 * What one line says. `auth` and `request` are written by both lines of a request and their text is remembered by
 * object: never change one after it was handed over, make a new one.
 */
export interface AuditEntry {
  readonly timeMillis: number;
  readonly auth?: AuditAuth | undefined;
  readonly request: AuditRequest;
  /** Of the closing line only. */
  readonly response?: AuditResponse | undefined;
  /** The public error text. */
  readonly error?: string | undefined;
  /** `ok`, or the code of the error. Not a member Vault has. */
  readonly outcome?: string | undefined;
}
