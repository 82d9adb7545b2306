export { defaultMountConfig, type Mount, type MountConfig, type MountKind } from './mount.ts';
export { beingChanged } from './mount-gate.ts';
export { type MountChange, MountTable, type NewMount } from './mount-table.ts';
export { systemMount } from './system-mount.ts';
