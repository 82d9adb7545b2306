export { isEverlastingRoot, remainingSeconds, type TokenBody, type TokenRecord } from './token-record.ts';
export { type MintedToken, type NewToken, servicePrefix, TokenStore } from './token-store.ts';
