export type { Alias, Entity } from './entity.ts';
export { canonicalName, IdentityStore, type LoginName, retryOnce } from './identity-store.ts';
