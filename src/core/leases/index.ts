export type { Lease, LeaseBody } from './lease.ts';
export { LeaseStore, type NewLease } from './lease-store.ts';
export { decideTtl, type Ttl, type TtlBounds } from './ttl.ts';
