export { slackSeconds } from './certificate-checks.ts';
export { maxPathLength } from './find-path.ts';
export type { PathFailure } from './path-failure.ts';
export { SignatureMemo } from './signature-memo.ts';
export { type ClientPathRequest, type ClientPathResult, verifyClientPath } from './verify-client-path.ts';
