export { maximumDataBytes, maximumRandomBytes, newKeyId, usagesOf } from './key-rules.ts';
export type { Pkcs11Deadlines, Pkcs11Options } from './pkcs11/configuration.ts';
export type { StartAnswer as TokenFacts } from './pkcs11/protocol.ts';
export { Pkcs11KeyProvider } from './pkcs11/provider.ts';
export type {
  GenerateKeyRequest,
  ImportKeyRequest,
  KeyAlgorithm,
  KeyAttributes,
  KeyDescription,
  KeyHealth,
  KeyHome,
  KeyId,
  KeyProvider,
  KeyUsage,
  SecretKeyAlgorithm,
  SignatureScheme,
} from './port.ts';
export type { KeyMaterialRecord, KeyMaterialStore } from './software/material-store.ts';
export { MemoryMaterialStore } from './software/memory-material-store.ts';
export { SoftwareKeyProvider, type SoftwareKeysOptions } from './software/provider.ts';
