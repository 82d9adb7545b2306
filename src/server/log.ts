import { pino } from 'pino';
import type { Log } from '../core/index.ts';
import type { LogLevel } from './config/index.ts';

/** The server's log: JSON lines on standard error. Written at once, so that the last words before an end are not lost. */
export function createLog(level: LogLevel): Log {
  const destination = pino.destination({ dest: 2, sync: true });
  return pino({ level, base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime }, destination);
}
