export { type AuditKeys, openAuditKeys } from './audit-keys.ts';
export { type BootstrapOptions, bootstrap, devMounts } from './bootstrap.ts';
export { type BuiltCore, buildCore, type CoreParts } from './build-core.ts';
export { hsmSeal } from './hsm-seal.ts';
