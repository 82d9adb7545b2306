import type { CidrList } from '../../lib/index.ts';

/** Who may tell, in `X-Forwarded-For`, for whom they speak. The names are those of Vault's listener settings. */
export interface TrustedProxies {
  /** Never empty: without proxies there is no such setting at all. */
  readonly addresses: CidrList;
  /** Entries left out from the right before the client is looked for: proxies that write themselves into the field. */
  readonly hopSkips: number;
  /** Refuse a request that carries no such field. */
  readonly rejectNotPresent: boolean;
  /** Refuse a request that carries such a field and does not come from one of `addresses`. */
  readonly rejectNotAuthorized: boolean;
}
