import { describeFault } from './describe-fault.ts';
import type { ListenerLog } from './listener-log.ts';

/** Codes of errors after which Node's own state cannot be relied on. */
const fatalCodes = new Set(['ERR_INTERNAL_ASSERTION', 'ERR_OUT_OF_MEMORY']);

interface ProcessEvents {
  on(event: string, listener: (...values: unknown[]) => void): unknown;
  off(event: string, listener: (...values: unknown[]) => void): unknown;
}

export interface GuardOptions {
  /** Called once, when the process must not go on: stop in order and exit with a code that gets it restarted. */
  readonly stop: () => void;
  readonly process?: ProcessEvents;
}

/**
 * Catches what no handler caught. The rule: an exception or a rejection that reaches here belongs to one request or one
 * timer; it is logged without its text and the server goes on, because a client that finds one such fault must not be
 * able to stop the service (HTTP-22). Only faults of Node itself (`ERR_INTERNAL_ASSERTION`, `ERR_OUT_OF_MEMORY`) stop it.
 * SIGUSR1, at which Node would open its inspector, is taken and ignored (OPS-03). Answers a function that lets go.
 */
export function guardProcess(log: ListenerLog, options: GuardOptions): () => void {
  const target = options.process ?? process;
  let stopped = false;
  const onFault = (error: unknown, origin: string): void => {
    const facts = describeFault(error);
    const fatal = facts.code !== undefined && fatalCodes.has(facts.code);
    log.error(
      { origin, ...facts },
      fatal ? 'fault in the runtime: the server stops' : 'fault that nothing caught: the server goes on',
    );
    if (!fatal || stopped) return;
    stopped = true;
    options.stop();
  };
  const onException = (error: unknown): void => onFault(error, 'uncaughtException');
  const onRejection = (error: unknown): void => onFault(error, 'unhandledRejection');
  const onInspectorSignal = (): void => log.warn({ signal: 'SIGUSR1' }, 'the inspector is not opened');
  target.on('uncaughtException', onException);
  target.on('unhandledRejection', onRejection);
  target.on('SIGUSR1', onInspectorSignal);
  return () => {
    target.off('uncaughtException', onException);
    target.off('unhandledRejection', onRejection);
    target.off('SIGUSR1', onInspectorSignal);
  };
}
