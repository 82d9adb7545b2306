import type { Core, Engine } from '../../core/index.ts';
import { identityRoutes } from './routes.ts';

/** Who logs in, whichever way: entities and the names they log in by. Mounted at `identity/`. */
export function createIdentityEngine(core: Core): Engine {
  return {
    type: 'identity',
    kind: 'secret',
    description: 'identity store',
    singleton: true,
    routes: identityRoutes(core),
    unknownPathHint: (path) =>
      path.startsWith('group') || path.startsWith('oidc')
        ? 'groups and OIDC are not served by this release'
        : undefined,
  };
}
