import { mkdirSync } from 'node:fs';
import { isError, strongroomVersion, vaultApiVersion } from '../lib/index.ts';
import { type LogLevel, loadConfig, type ServerConfig } from './config/index.ts';
import { devMounts } from './core/index.ts';
import { devConfig, initialiseDev, printDevNotes } from './dev.ts';
import { guardProcess, refuseUnsafeProcess } from './listeners/index.ts';
import { createLog } from './log.ts';
import { auditFolders, Server } from './server.ts';

export interface RunOptions {
  readonly dev: boolean;
  readonly config: readonly string[];
  readonly devRootTokenId?: string;
  readonly devListenAddress?: string;
  readonly logLevel?: string;
}

/**
 * Runs a server until it is told to stop. Answers the process's exit code: 0 after an orderly stop, 1 for a
 * configuration that cannot be used, 2 when something it needs is missing or in use.
 */
export async function runServer(options: RunOptions): Promise<number> {
  // Whatever is made from here on is for its owner alone.
  process.umask(0o077);
  let config: ServerConfig;
  try {
    config = options.dev ? devConfig(options.devListenAddress) : loadConfig(options.config);
    if (!options.dev) refuseUnsafeProcess(process.env, process.execArgv);
  } catch (error) {
    return sayWhyNot(error, 1);
  }
  const log = createLog((options.logLevel as LogLevel | undefined) ?? config.logLevel);
  for (const notice of config.notices) log.warn({}, notice);
  let server: Server;
  try {
    for (const folder of auditFolders(config)) mkdirSync(folder, { recursive: true, mode: 0o700 });
    server = await Server.start({
      config,
      log,
      ...(options.dev && { firstMounts: devMounts }),
      ...(options.devRootTokenId !== undefined && { rootToken: options.devRootTokenId }),
    });
    if (options.dev) printDevNotes(server, await initialiseDev(server));
  } catch (error) {
    return sayWhyNot(error, 2);
  }
  log.info(
    {
      listeners: server.urls,
      storage: server.node.core.store.kind,
      version: strongroomVersion,
      vault_api: vaultApiVersion,
    },
    'strongroom is listening',
  );
  return untilStopped(server, log);
}

/** A start that failed is said to a person: one line, and one on what to do. */
function sayWhyNot(error: unknown, code: number): number {
  const message = error instanceof Error ? error.message : 'unknown';
  process.stderr.write(`error: the server does not start: ${message}\n`);
  if (isError(error)) {
    // Of the system's own errors: one of ours as a cause has said its part in the message.
    const system = error.cause instanceof Error && !isError(error.cause) && 'code' in error.cause;
    const cause = system ? String((error.cause as NodeJS.ErrnoException).code) : undefined;
    if (error.hint !== undefined) process.stderr.write(`hint: ${error.hint}\n`);
    if (cause !== undefined) process.stderr.write(`the system says: ${cause}\n`);
  }
  return code;
}

/** Waits for SIGTERM or SIGINT; a second one ends the process at once. SIGHUP reloads. */
function untilStopped(server: Server, log: ReturnType<typeof createLog>): Promise<number> {
  return new Promise((resolve) => {
    let stopping = false;
    const release = guardProcess(log, { stop: () => stop('fault', 2) });
    const onHangUp = (): void => void server.reload();
    const stop = (signal: string, code: number): void => {
      if (stopping) {
        log.warn({ signal }, 'told twice: ending at once');
        process.exit(128);
      }
      stopping = true;
      log.info({ signal }, 'stopping: finishing what is in flight');
      server.stop().then(
        () => finish(code),
        (error: unknown) => {
          log.error({ reason: error instanceof Error ? error.message : 'unknown' }, 'the stop was not orderly');
          finish(2);
        },
      );
    };
    const onTerminate = (): void => stop('SIGTERM', 0);
    const onInterrupt = (): void => stop('SIGINT', 0);
    const finish = (code: number): void => {
      release();
      process.off('SIGTERM', onTerminate).off('SIGINT', onInterrupt).off('SIGHUP', onHangUp);
      resolve(code);
    };
    process.on('SIGTERM', onTerminate).on('SIGINT', onInterrupt).on('SIGHUP', onHangUp);
  });
}
