export {
  type ApiKeyDetails,
  type Credential,
  type CredentialBody,
  type CredentialSort,
  type CredentialState,
  credentialStates,
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
export {
  decideExpiry,
  type LifeWish,
  requireCidrs,
  requireMetadata,
  requireShortText,
  requireTexts,
} from './credential-fields.ts';
export { isCredentialId } from './credential-id.ts';
export { credentialInventory } from './credential-inventory.ts';
export {
  type CredentialChange,
  CredentialStore,
  credentialNotFound,
  type MintedCredential,
  type NewCredential,
} from './credential-store.ts';
export { IdempotentAnswers } from './idempotency.ts';
export {
  type CredentialFilter,
  type CredentialOrder,
  type CredentialPage,
  listCredentials,
  matchesCredential,
} from './list-credentials.ts';
export {
  type ListFields,
  listFields,
  readFilter,
  readLimit,
  readOrder,
  readTimes,
  stateField,
  type TimeFields,
  timeFields,
} from './list-fields.ts';
export { type Revocation, type RevocationFilter, revokeEach, revokeOne, revokeWhere } from './revoke-where.ts';
