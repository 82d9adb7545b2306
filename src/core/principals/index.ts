export type { CredentialKind, CredentialResolver, CredentialUse, Principal } from './principal.ts';
export { type Identity, mergePolicies, PrincipalFactory, requireAddress } from './principal-factory.ts';
