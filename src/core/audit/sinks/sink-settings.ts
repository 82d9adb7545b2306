import type { MacKey } from '../../../crypto/index.ts';
import type { Clock } from '../../../lib/index.ts';
import type { SignCheckpoint } from './checkpoint.ts';

/** Where the broker tells the operator what goes wrong: the shape of a pino logger. Never gets a line or a value. */
export interface AuditNotices {
  info(details: Readonly<Record<string, unknown>>, message: string): void;
  warn(details: Readonly<Record<string, unknown>>, message: string): void;
  error(details: Readonly<Record<string, unknown>>, message: string): void;
}

/** Notices that never throw: a broken logger must not break the record, or a timer. */
export function quietNotices(log: AuditNotices): AuditNotices {
  const quiet =
    (level: 'info' | 'warn' | 'error') =>
    (details: Readonly<Record<string, unknown>>, message: string): void => {
      try {
        log[level](details, message);
      } catch {}
    };
  return { info: quiet('info'), warn: quiet('warn'), error: quiet('error') };
}

export interface SinkSettings {
  /** A write that takes longer makes the sink unhealthy and fails what waits for it. */
  readonly timeoutMillis: number;
  /** First and longest pause between attempts to use a failed sink again. */
  readonly retryMillis: number;
  readonly maxRetryMillis: number;
  /** A checkpoint follows lines within this time, or when there are `checkpointLines` of them. */
  readonly checkpointMillis: number;
  readonly checkpointLines: number;
  readonly signTimeoutMillis: number;
  /** Text that may wait for a sink, in UTF-16 units; beyond it the sink fails new groups. */
  readonly maxQueuedLength: number;
}

export const defaultSinkSettings: SinkSettings = {
  timeoutMillis: 2000,
  retryMillis: 250,
  maxRetryMillis: 5000,
  checkpointMillis: 1000,
  checkpointLines: 10_000,
  signTimeoutMillis: 5000,
  maxQueuedLength: 33_554_432,
};

/** What every sink of a broker shares. */
export interface SinkSurroundings {
  readonly chainKey: MacKey;
  readonly signCheckpoint: SignCheckpoint;
  readonly checkpointKeyId: string;
  readonly clock: Clock;
  readonly log: AuditNotices;
  readonly settings: SinkSettings;
}
