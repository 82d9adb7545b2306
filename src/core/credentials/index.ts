export {
  type ApiKeyDetails,
  type Credential,
  type CredentialBody,
  type CredentialSort,
  type CredentialState,
  creditsAt,
  isLive,
  type Maker,
  type PatBound,
  type PatDetails,
  type RateLimit,
  refillsDue,
  type StoredState,
  stateOf,
} from './credential.ts';
export { isCredentialId } from './credential-id.ts';
export {
  type CredentialChange,
  CredentialStore,
  credentialNotFound,
  type MintedCredential,
  type NewCredential,
} from './credential-store.ts';
export { type Revocation, type RevocationFilter, revokeOne, revokeWhere } from './revoke-where.ts';
