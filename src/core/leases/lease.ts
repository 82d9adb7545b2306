import type { Json } from '../../lib/index.ts';

/** What an engine handed out and takes back when its time is over. */
export interface Lease {
  readonly namespace: string;
  /** `<request path>/<24 base62>`. */
  readonly id: string;
  /** Id of the token that owns it; null for none. */
  readonly token: string | null;
  /** Id of the mount that issued it. */
  readonly mount: string;
  readonly issuedMillis: number;
  readonly expireMillis: number | null;
  readonly body: LeaseBody;
}

export interface LeaseBody {
  readonly renewable: boolean;
  readonly ttlSeconds: number;
  readonly maxTtlSeconds: number;
  readonly lastRenewedMillis: number;
  /** What the engine needs to take it back. */
  readonly internal: Readonly<Record<string, Json>>;
}
