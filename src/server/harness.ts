/** What tests need of the composition root. */
export { devMounts, hsmSeal } from './core/index.ts';
export { Node } from './node.ts';
