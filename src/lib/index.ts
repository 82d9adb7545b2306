export type { Awaitable } from './awaitable.ts';
export { randomBase62 } from './base62.ts';
export { type CidrList, canonicalAddress, parseCidrList } from './cidr.ts';
export { type Clock, formatTime, ManualClock, systemClock } from './clock.ts';
export { type CredentialForm, inspectCredential, mintCredential, visibleStart } from './credential-format.ts';
export { formatGoDuration, formatShortDuration, parseDurationSeconds } from './duration.ts';
export { type ErrorCode, type ErrorOptions, errorCodes, isError, StrongroomError } from './errors.ts';
export { isJsonObject, type Json, type JsonLimits, type JsonObject, parseJson } from './json.ts';
export { SecretBytes, SecretText } from './secret.ts';
