export { type HclBlock, hclBlocks } from './hcl-blocks.ts';
export type {
  HclBoolean,
  HclEntry,
  HclList,
  HclNull,
  HclNumber,
  HclObject,
  HclPosition,
  HclString,
  HclValue,
} from './hcl-tree.ts';
export { parseHcl } from './parse-hcl.ts';
export { refuseAt } from './source-text.ts';
