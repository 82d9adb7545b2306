import type { Command } from 'commander';
import type { KvMount } from '../../client/index.ts';
import { addCommand } from '../define-command.ts';
import { type Flags, textFlag } from '../flag-values.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';

/** Which mount serves the path; with `-mount` the path is relative to it. */
export async function resolvePath(
  session: Session,
  flags: Flags,
  path: string,
): Promise<{ mount: KvMount; path: string }> {
  const mount = textFlag(flags, 'mount');
  return session.client.kv.resolve(mount === undefined ? path : `${mount.replace(/\/+$/, '')}/${path}`);
}

export function addKvCommand(group: Command, usage: string, summary: string, examples: readonly string[]): Command {
  return addCommand(group, usage, summary, examples).option('--mount <path>', 'mount; the path is then relative to it');
}

/** Throws where a version 1 mount cannot do what is asked. */
export function needVersion2(mount: KvMount, what: string): void {
  if (mount.version !== 2) throw new UsageError(`${what} needs a version 2 mount; ${mount.path}/ is version 1`);
}
