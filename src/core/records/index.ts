export {
  lostRace,
  RecordCollection,
  type RecordOptions,
  requireRecord,
  type StoredRecord,
} from './record-collection.ts';
export { Turns } from './turns.ts';
