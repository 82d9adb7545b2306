export { KeyHomes } from './key-homes.ts';
