import type { Core, Mount, MountKind } from '../../../core/index.ts';
import { StrongroomError } from '../../../lib/index.ts';

const reserved: Readonly<Record<MountKind, readonly string[]>> = {
  secret: ['auth/', 'sys/', 'cubbyhole/', 'identity/', 'audit/', 'pats/'],
  auth: ['token/'],
};
const segmentPattern = /^[\p{L}\p{N}_.@+=~-]{1,128}$/u;

/** The path of a mount with its trailing slash. Refuses what could not be told apart from another path. */
export function readMountPath(text: string): string {
  const path = text.replace(/\/+$/, '');
  const segments = path.split('/');
  const fits =
    path.length <= 512 &&
    segments.length <= 16 &&
    segments.every((segment) => segmentPattern.test(segment) && !/^\.+$/.test(segment));
  if (!fits) {
    throw new StrongroomError('invalid_request', 'invalid mount path', {
      hint: 'letters, digits and _ . @ + = ~ -, with single slashes between them',
    });
  }
  return `${path}/`;
}

/** Refuses a place that belongs to the server itself. */
export function refuseReserved(kind: MountKind, path: string): void {
  const taken = reserved[kind].find((prefix) => path.startsWith(prefix));
  if (taken === undefined) return;
  throw new StrongroomError('permission_denied', `cannot mount at or below "${taken}": permission denied`, {
    hint: 'choose another path',
  });
}

/** The mount at a path, or the refusal clients know. */
export function requireMount(core: Core, kind: MountKind, text: string): Mount {
  const path = readMountPath(text);
  const mount = core.mounts.byPath(kind, path);
  if (mount) return mount;
  const message = kind === 'auth' ? `No auth engine at ${path}` : `No secret engine mount at ${path}`;
  throw new StrongroomError('invalid_request', message, {
    hint: `list them: strongroom ${kind === 'auth' ? 'auth' : 'secrets'} list`,
  });
}
