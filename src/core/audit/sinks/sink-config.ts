import { isAbsolute } from 'node:path';
import { sinkRefused } from '../audit-error.ts';
import type { FormatOptions } from '../lines/format-options.ts';

/** Where lines go. */
export type SinkTarget =
  | { readonly kind: 'file'; readonly filePath: string }
  | { readonly kind: 'stdout' }
  | { readonly kind: 'discard' }
  | { readonly kind: 'socket'; readonly network: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'socket'; readonly network: 'unix'; readonly socketPath: string };

export interface SinkConfig {
  readonly target: SinkTarget;
  readonly format?: Partial<FormatOptions> | undefined;
  /** Lets `format.logRaw` through. Only for the operator's own configuration file, never for an API caller. */
  readonly allowRaw?: boolean | undefined;
  readonly description?: string | undefined;
}

/** A configured sink: `path` is its name in `sys/audit`, such as `file/`. */
export interface AuditSink {
  readonly path: string;
  readonly config: SinkConfig;
}

/**
 * The target of Vault's `file_path`: `stdout`, `discard` or an absolute path.
 * @throws StrongroomError `invalid_request`
 */
export function fileTarget(filePath: string): SinkTarget {
  if (filePath === 'stdout' || filePath === 'discard') return { kind: filePath };
  if (!isAbsolute(filePath)) throw sinkRefused('file_path must be absolute', 'write the whole path of the audit file');
  return { kind: 'file', filePath };
}
