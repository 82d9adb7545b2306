import type { SecretText } from '../lib/index.ts';

/** JSON in which secret texts have been put out of reach of printing. Names are those of the wire (snake_case). */
export type WireValue =
  | null
  | boolean
  | number
  | string
  | SecretText
  | readonly WireValue[]
  | { readonly [name: string]: WireValue };
export type WireObject = { readonly [name: string]: WireValue };

/** What may be sent: JSON, with `SecretText` where a value is secret; `undefined` members are left out. */
export type BodyValue =
  | undefined
  | null
  | boolean
  | number
  | string
  | SecretText
  | readonly BodyValue[]
  | { readonly [name: string]: BodyValue };
export type BodyObject = { readonly [name: string]: BodyValue };

/** The `auth` block of a log-in, token creation or renewal. */
export interface AuthBlock {
  readonly client_token: SecretText;
  readonly accessor: string;
  readonly policies: readonly string[];
  readonly token_policies?: readonly string[];
  readonly identity_policies?: readonly string[];
  readonly metadata: Readonly<Record<string, string>> | null;
  /** Seconds. */
  readonly lease_duration: number;
  readonly renewable: boolean;
  readonly entity_id: string;
  readonly token_type: string;
  readonly orphan: boolean;
  readonly num_uses: number;
}

/** What stands in place of an answer that was wrapped. */
export interface WrapInfo {
  readonly token: SecretText;
  readonly accessor: string;
  /** Seconds. */
  readonly ttl: number;
  readonly creation_time: string;
  readonly creation_path: string;
  readonly wrapped_accessor?: string;
}

/**
 * An answer of the server. `data` is the envelope's `data`, or the whole body where a route sends no envelope
 * (`sys/init`, `sys/seal-status`, `sys/health` …), or null when there was none (204).
 */
export interface Answer<Data = WireObject | null> {
  /** HTTP status. */
  readonly status: number;
  readonly requestId: string;
  readonly data: Data;
  readonly auth: AuthBlock | null;
  readonly wrapInfo: WrapInfo | null;
  readonly leaseId: string;
  readonly leaseDurationSeconds: number;
  readonly renewable: boolean;
  readonly warnings: readonly string[];
  /** The whole body as sent, with the secrets it is known to hold kept in `SecretText`. */
  readonly body: WireObject | null;
}

/** The answer of a route that sends bytes (a CA certificate, a CRL). */
export interface RawAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly bytes: Buffer;
}

/** LIST is sent as `GET ?list=true`, which passes every proxy. */
export type Verb = 'GET' | 'HEAD' | 'LIST' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export type QueryValue = string | number | boolean | readonly string[] | undefined;
