import type { Core, Engine } from '../../core/index.ts';
import { auditRoutes } from './audit/routes.ts';
import { credentialRoutes } from './credentials/routes.ts';
import type { SystemHooks } from './hooks.ts';
import { leaseInventory } from './leases/inventory.ts';
import { leaseRoutes } from './leases/routes.ts';
import { lockoutRoutes } from './lockouts/routes.ts';
import { mountRoutes } from './mounts/routes.ts';
import { capabilityRoutes } from './policies/capabilities.ts';
import { policyRoutes } from './policies/routes.ts';
import { sealRoutes } from './seal/routes.ts';
import { specRoutes } from './specs/routes.ts';
import { aboutRoutes } from './tools/about-routes.ts';
import { toolRoutes } from './tools/routes.ts';

export type { SystemHooks } from './hooks.ts';

/** The server itself as an engine: its seal, mounts, policies, leases, audit log and credentials. Mounted at `sys/`. */
export function createSystemEngine(core: Core, hooks: SystemHooks): Engine {
  return {
    type: 'system',
    kind: 'secret',
    description: 'system endpoints used for control, policy and debugging',
    singleton: true,
    routes: [
      ...sealRoutes(core, hooks),
      ...mountRoutes(core),
      ...policyRoutes(core),
      ...capabilityRoutes(core),
      ...leaseRoutes(core),
      ...lockoutRoutes(core),
      ...toolRoutes(core),
      ...aboutRoutes(core),
      ...auditRoutes(core, hooks),
      ...credentialRoutes(core),
      ...specRoutes(core),
    ],
    inventories: [leaseInventory(core)],
  };
}
