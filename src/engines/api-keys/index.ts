import { type Core, credentialInventory, type Engine } from '../../core/index.ts';
import { openKeyStore } from './key-store.ts';
import { apiKeyResolver } from './resolver.ts';
import { apiKeyRoutes } from './routes.ts';
import { newSpace } from './space.ts';

/** API keys for the callers of somebody's API: made here, checked here. */
export function createApiKeysEngine(core: Core): Engine {
  const keys = openKeyStore(core);
  return {
    type: 'api-keys',
    kind: 'secret',
    description: 'API keys of applications',
    routes: apiKeyRoutes(keys),
    resolvers: [apiKeyResolver(core, keys)],
    inventories: [credentialInventory(core, 'api_key')],
    prepareMount: (mount) => [keys.spaces.insert(mount, 'default', newSpace('default'))],
    unknownPathHint: (path) =>
      /^(?:bulk|jobs|reports|import|leaks|authz)(?:\/|$)/.test(path)
        ? 'bulk jobs, reports, imports, leak reports and authz are not served by this release'
        : undefined,
  };
}
