import { isAbsolute } from 'node:path';
import type { Random } from '../../crypto/index.ts';
import type { Awaitable, Clock, SecretText } from '../../lib/index.ts';
import type { KeyHealth } from '../port.ts';
import { invalidKeyField } from '../refusals.ts';

export interface Pkcs11Deadlines {
  /** One signature, MAC, message or probe. */
  readonly operationMillis: number;
  /** Making, importing or destroying a key. */
  readonly keyMakingMillis: number;
  /** Loading the module and logging in. */
  readonly startMillis: number;
}

export interface Pkcs11Options {
  /** Absolute path of the PKCS#11 module. Only the child process ever loads it. */
  readonly modulePath: string;
  /** At least one of the two; several tokens that fit are refused. */
  readonly tokenLabel?: string;
  readonly tokenSerial?: string;
  /** Asked for at each start of the child and kept by nobody: from a file, the seal, or an operator. */
  readonly readPin: () => Awaitable<SecretText>;
  readonly clock: Clock;
  readonly random: Random;
  /** The module's own environment (SOFTHSM2_CONF and the like). The server's environment is not handed on. */
  readonly environment?: Readonly<Record<string, string>>;
  /** What some modules (NSS) want at C_Initialize. */
  readonly libraryParameters?: string;
  /** Sessions for work, 1 to 16; 8 when absent. Used when calls are threaded. */
  readonly sessions?: number;
  /** For tokens that sign only in read-write sessions. */
  readonly readWriteSessions?: boolean;
  /** `auto`, the default, measures at start. */
  readonly calls?: 'auto' | 'blocking' | 'threaded';
  /** Requests waiting or under way; beyond it `overloaded`. 4096 when absent. */
  readonly queueLimit?: number;
  readonly deadlines?: Partial<Pkcs11Deadlines>;
  /** Time between liveness probes; 5 s when absent. */
  readonly probeMillis?: number;
  /** Longest wait between two starts; 20 s when absent, so that a token that is back is used within 30 s. */
  readonly maximumBackOffMillis?: number;
  /** Told each time the state changes, for logs and metrics. */
  readonly onHealth?: (health: KeyHealth) => void;
}

const defaultDeadlines: Pkcs11Deadlines = { operationMillis: 10_000, keyMakingMillis: 60_000, startMillis: 30_000 };

/** The options with every default filled in; refuses what cannot work, before anything is started. */
export function checkedOptions(options: Pkcs11Options) {
  if (!isAbsolute(options.modulePath)) {
    throw invalidKeyField('the PKCS#11 module is not an absolute path', 'a relative name lets the search path choose');
  }
  if ((options.tokenLabel ?? '') === '' && (options.tokenSerial ?? '') === '') {
    throw invalidKeyField('no token is named', 'give the label or the serial number of the token, or both');
  }
  const sessions = options.sessions ?? 8;
  if (!Number.isInteger(sessions) || sessions < 1 || sessions > 16) {
    throw invalidKeyField('not a number of sessions', 'give 1 to 16');
  }
  return {
    ...options,
    sessions,
    calls: options.calls ?? 'auto',
    readWriteSessions: options.readWriteSessions ?? false,
    queueLimit: options.queueLimit ?? 4096,
    deadlines: { ...defaultDeadlines, ...options.deadlines },
    probeMillis: options.probeMillis ?? 5000,
    maximumBackOffMillis: options.maximumBackOffMillis ?? 20_000,
  };
}

export type CheckedPkcs11Options = ReturnType<typeof checkedOptions>;
