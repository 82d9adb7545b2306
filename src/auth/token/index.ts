import { type Core, type CredentialResolver, type Engine, RecordCollection } from '../../core/index.ts';
import { tokenInventory } from './inventory.ts';
import type { TokenRole } from './records.ts';
import { tokenRoutes } from './routes.ts';

/** The method every server has: tokens making, showing, renewing and revoking tokens. */
export function createTokenMethod(core: Core): Engine {
  const roles = new RecordCollection<TokenRole>(core, 'token-roles');
  const resolver: CredentialResolver = {
    kind: 'token',
    // Whatever no other resolver recognises: tokens may have any text an operator chose.
    recognises: () => true,
    resolve: (text, use) => core.principals.fromToken(text, use),
  };
  return {
    type: 'token',
    kind: 'auth',
    description: 'token based credentials',
    singleton: true,
    routes: tokenRoutes(core, roles),
    resolvers: [resolver],
    inventories: [tokenInventory(core)],
  };
}
