import { type Flags, switchFlag, textFlag } from './flag-values.ts';
import { UsageError } from './usage-error.ts';

export type OutputFormat = 'table' | 'json' | 'yaml';

export interface Settings {
  readonly address: string;
  /** Paths of PEM files. */
  readonly caCertFile: string | undefined;
  readonly clientCertFile: string | undefined;
  readonly clientKeyFile: string | undefined;
  readonly namespace: string | undefined;
  readonly skipVerify: boolean;
  readonly format: OutputFormat;
  /** Print this member alone. */
  readonly field: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The address Vault's clients take when none is set. */
const defaultAddress = 'https://127.0.0.1:8200';

/** `STRONGROOM_<name>`, else `VAULT_<name>`; empty counts as not set. */
export function readVariable(env: Environment, name: string): string | undefined {
  return env[`STRONGROOM_${name}`] || env[`VAULT_${name}`] || undefined;
}

function readFormat(flags: Flags, env: Environment): OutputFormat {
  const text = (textFlag(flags, 'format') ?? readVariable(env, 'FORMAT') ?? 'table').toLowerCase();
  if (text === 'yml') return 'yaml';
  if (text === 'table' || text === 'json' || text === 'yaml') return text;
  throw new UsageError('the output format is not one of table, json, yaml', 'see -format and STRONGROOM_FORMAT');
}

function readSwitch(env: Environment, name: string): boolean {
  const text = readVariable(env, name);
  if (text === undefined || /^(0|f|false)$/i.test(text)) return false;
  if (/^(1|t|true)$/i.test(text)) return true;
  throw new UsageError(`STRONGROOM_${name} (or VAULT_${name}) is neither true nor false`);
}

/** Flags win over `STRONGROOM_*`, which wins over `VAULT_*`. */
export function readSettings(flags: Flags, env: Environment): Settings {
  return {
    address: textFlag(flags, 'address') ?? readVariable(env, 'ADDR') ?? defaultAddress,
    caCertFile: textFlag(flags, 'caCert') ?? readVariable(env, 'CACERT'),
    clientCertFile: textFlag(flags, 'clientCert') ?? readVariable(env, 'CLIENT_CERT'),
    clientKeyFile: textFlag(flags, 'clientKey') ?? readVariable(env, 'CLIENT_KEY'),
    namespace: textFlag(flags, 'namespace') ?? textFlag(flags, 'ns') ?? readVariable(env, 'NAMESPACE'),
    skipVerify: switchFlag(flags, 'tlsSkipVerify') || readSwitch(env, 'SKIP_VERIFY'),
    format: readFormat(flags, env),
    field: textFlag(flags, 'field'),
  };
}
