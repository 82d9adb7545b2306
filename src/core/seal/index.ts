export type { ShareCounts } from './root-key-wrap.ts';
export { type Initialized, type RootKeyHsm, Seal, type SealParts, type SealStatus, sealedError } from './seal.ts';
export { SealedTable } from './sealed-table.ts';
export { Sealer } from './sealer.ts';
