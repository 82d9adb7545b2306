import type { Answer, Core, EngineRequest, Mount, Principal } from '../../../core/index.ts';
import { type JsonObject, StrongroomError } from '../../../lib/index.ts';
import { describeMount } from './describe-mount.ts';

const canUse = (principal: Principal, prefix: string): boolean =>
  principal.acls.every((acl) => acl.allowsAnythingUnder(prefix));

function describeVisible(mounts: readonly Mount[], principal: Principal | undefined): JsonObject {
  const shown = mounts.flatMap((mount): [string, JsonObject][] => {
    if (principal) return canUse(principal, mount.prefix) ? [[mount.path, describeMount(mount)]] : [];
    if (mount.config.listingVisibility !== 'unauth') return [];
    return [[mount.path, { type: mount.type, description: mount.description, options: mount.options }]];
  });
  return Object.fromEntries(shown);
}

/** The mounts a caller can do something with; without a credential those that say they may be shown. */
export function visibleMounts(core: Core, principal: Principal | undefined): Answer {
  return {
    data: {
      auth: describeVisible(core.mounts.all('auth'), principal),
      secret: describeVisible(core.mounts.all('secret'), principal),
    },
  };
}

/** The mount a path falls under: what command lines ask before they read a secret. */
export function mountOfPath(
  core: Core,
  request: EngineRequest<{ readonly path: string }>,
  principal: Principal,
): Answer {
  const path = request.fields.path.replace(/\/+$/, '');
  const mount = core.mounts.route(path);
  if (mount && canUse(principal, mount.prefix)) return { data: { ...describeMount(mount), path: mount.prefix } };
  throw new StrongroomError(
    'permission_denied',
    `preflight capability check returned 403, please ensure client's policies grant access to path "${path}/"`,
    { hint: 'there is no such mount, or none of your policies grants anything below it' },
  );
}
