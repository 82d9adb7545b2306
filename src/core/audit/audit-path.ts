import { lstat, realpath } from 'node:fs/promises';
import { dirname, isAbsolute, normalize, relative, sep } from 'node:path';
import { sinkRefused } from './audit-error.ts';

const hint = 'audit files lie in the folders the server configuration allows; name a plain file in one of them';

function refuse(): never {
  throw sinkRefused('the audit file path is not allowed', hint);
}

async function resolveExisting(folder: string): Promise<string> {
  try {
    return await realpath(folder);
  } catch (error) {
    const parent = dirname(folder);
    const missing = error instanceof Error && Reflect.get(error, 'code') === 'ENOENT';
    if (!missing || parent === folder) refuse();
    return `${await resolveExisting(parent)}${sep}${relative(parent, folder)}`;
  }
}

function liesIn(path: string, folder: string): boolean {
  const inside = relative(folder, path);
  return inside !== '' && inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside);
}

/**
 * Guards the path of an audit file that did not come from the operator's own configuration file: it must lie, with
 * every link resolved, in one of `allowedFolders`, and what is there already must be a plain file that nobody can
 * execute. One answer for every reason.
 * @returns the path with links resolved.
 * @throws StrongroomError `invalid_request`
 */
export async function requireAuditPath(path: string, allowedFolders: readonly string[]): Promise<string> {
  if (!isAbsolute(path) || normalize(path) !== path || path.endsWith(sep) || path.length > 1024) refuse();
  if (!/^[\w./ @+-]+$/.test(path) || /\.head(?:\.new)?$/.test(path)) refuse();
  const folder = await resolveExisting(dirname(path));
  const resolved = `${folder}${folder.endsWith(sep) ? '' : sep}${path.slice(dirname(path).length).replace(/^\/+/, '')}`;
  const allowed = await Promise.all(allowedFolders.filter(isAbsolute).map(resolveExisting));
  if (!allowed.some((root) => liesIn(resolved, root))) refuse();
  const about = await lstat(resolved).catch((error: unknown) => {
    if (error instanceof Error && Reflect.get(error, 'code') === 'ENOENT') return undefined;
    return refuse();
  });
  if (about !== undefined && (!about.isFile() || (about.mode & 0o111) !== 0)) refuse();
  return resolved;
}
