export { PolicyStore, type PolicySubject, type StoredPolicy } from './policy-store.ts';
