export { parseAddress } from './address.ts';
export { ApiError } from './api-error.ts';
export type {
  ApiKey,
  ApiKeyFilter,
  ApiKeyList,
  ApiKeyRequest,
  CreatedApiKey,
  RotatedApiKey,
  RotateRequest,
  VerifyRequest,
  VerifyResult,
} from './areas/api-keys.ts';
export type { AuditDevice, AuditQuery } from './areas/audit.ts';
export {
  type Credential,
  type CredentialFilter,
  type CredentialList,
  credentialKinds,
  credentialStates,
  type RevokedCredentials,
} from './areas/credentials.ts';
export type { KvAnswer, KvMetadata, KvMetadataRequest, KvMount, KvVersion } from './areas/kv.ts';
export type { CreatedPat, Pat, PatFilter, PatList, PatRequest } from './areas/pats.ts';
export type { CertificateRequest, IssuedCertificate, RevokedCertificate, SignedCertificate } from './areas/pki.ts';
export type { Policy } from './areas/policies.ts';
export type {
  Health,
  InitRequest,
  InitResult,
  KeyStatus,
  MountInfo,
  MountRequest,
  MountTable,
  SealStatus,
} from './areas/sys.ts';
export type { RevokeScope, TokenInfo, TokenReference, TokenRequest } from './areas/tokens.ts';
export { checkCertificates, type TlsNames, type TlsTexts } from './check-certificates.ts';
export { type Client, createClient } from './client.ts';
export type { ClientOptions, RequestOptions } from './connection.ts';
export { ConnectionError, type ConnectionFailure } from './connection-error.ts';
export type {
  Answer,
  AuthBlock,
  BodyObject,
  BodyValue,
  QueryValue,
  RawAnswer,
  Verb,
  WireObject,
  WireValue,
  WrapInfo,
} from './wire.ts';
