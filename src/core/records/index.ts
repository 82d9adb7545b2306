export { RecordCollection, type RecordOptions, type StoredRecord } from './record-collection.ts';
export { Turns } from './turns.ts';
