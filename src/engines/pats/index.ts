import { type Core, credentialInventory, type Engine } from '../../core/index.ts';
import { administratorRoutes } from './administrator-routes.ts';
import { ownRoutes } from './own-routes.ts';
import { openPatStore } from './pat-store.ts';
import { patResolver } from './resolver.ts';
import { ruleRoutes } from './rule-routes.ts';

/** Personal access tokens: what somebody gives to a script, never more than they may do themselves. */
export function createPatsEngine(core: Core): Engine {
  const pats = openPatStore(core);
  return {
    type: 'pats',
    kind: 'secret',
    description: 'personal access tokens',
    singleton: true,
    routes: [...ownRoutes(pats), ...administratorRoutes(pats), ...ruleRoutes(pats)],
    resolvers: [patResolver(core, pats)],
    inventories: [credentialInventory(core, 'pat')],
    unknownPathHint: (path) =>
      /exchange|approve|deny/.test(path) ? 'exchange and approvals are not served by this release' : undefined,
  };
}
