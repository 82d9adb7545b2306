import type { Json, JsonObject } from '../../lib/index.ts';

/** The `auth` block of an answer that hands out a token. Times in whole seconds. */
export interface AuthBlock {
  readonly clientToken: string;
  readonly accessor: string;
  /** Token and identity policies together, sorted. */
  readonly policies: readonly string[];
  readonly tokenPolicies: readonly string[];
  readonly identityPolicies: readonly string[];
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly leaseSeconds: number;
  readonly renewable: boolean;
  readonly entityId: string;
  readonly tokenType: 'service' | 'batch';
  readonly orphan: boolean;
  readonly usesLeft: number;
}

/** What a handler answers; `http` turns it into a status, headers and bytes. No answer at all is 204. */
export interface Answer {
  /** Only where the wire reference says something else than 200. */
  readonly status?: 200 | 201 | 202 | 204 | 400 | 404 | 429 | 472 | 473 | 501 | 503;
  readonly data?: JsonObject | null;
  readonly auth?: AuthBlock;
  readonly lease?: { readonly id: string; readonly seconds: number; readonly renewable: boolean };
  readonly warnings?: readonly string[];
  /** Repeats the members of `data` at the top level, where old clients read them. */
  readonly topLevel?: boolean;
  /** JSON without the envelope. */
  readonly bare?: Json;
  /** Bytes that are not JSON, with their media type. */
  readonly raw?: { readonly bytes: Uint8Array | string; readonly contentType: string };
  readonly headers?: Readonly<Record<string, string>>;
  /** What the closing audit record holds in place of `data`: an answer made of the log must not grow the log. */
  readonly recorded?: JsonObject;
  /** Runs when the closing audit record is written, before the answer leaves. */
  readonly afterAudit?: () => Promise<void>;
}
