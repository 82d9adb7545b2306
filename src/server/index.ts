export { type RunOptions, runServer } from './run-server.ts';
export { type VerifyFileOptions, verifyAuditFile as verifyAuditLog } from './verify-audit-file.ts';
