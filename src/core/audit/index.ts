export {
  AuditBroker,
  type AuditBrokerOptions,
  type AuditHealth,
  type ListedSink,
  openAuditBroker,
} from './audit-broker.ts';
export type {
  AuditAuth,
  AuditEntry,
  AuditHeader,
  AuditMount,
  AuditPolicyResults,
  AuditRequest,
  AuditResponse,
  AuditWrapInfo,
  CredentialText,
} from './audit-entry.ts';
export { lineLimits } from './lines/data-text.ts';
export { completeFormat, type FormatOptions } from './lines/format-options.ts';
export type { VerifySignature } from './reading/log-check.ts';
export type { AuditProblem } from './reading/log-problem.ts';
export type { AuditFilter } from './reading/query-filter.ts';
export { type AuditQuery, type AuditQueryAnswer, type QueryBudget, queryAuditLog } from './reading/query-log.ts';
export { type AuditVerdict, type VerifyOptions, verifyAuditLog } from './reading/verify-log.ts';
export { checkpointDigest, type SignCheckpoint } from './sinks/checkpoint.ts';
export type { AuditDevice, AuditHead, DeviceStart } from './sinks/device.ts';
export { parseHead, readAuditHead } from './sinks/head-file.ts';
export { deviceMaker, type MakeDevice } from './sinks/open-device.ts';
export { type AuditSink, fileTarget, type SinkConfig, type SinkTarget } from './sinks/sink-config.ts';
export type { SinkHealth } from './sinks/sink-health.ts';
export type { AuditNotices, SinkSettings } from './sinks/sink-settings.ts';
export type { ConnectSocket, SocketTarget } from './sinks/socket-device.ts';
