import type { Core, Engine } from '../core/index.ts';
import { createApiKeysEngine } from './api-keys/index.ts';
import { createCubbyholeEngine } from './cubbyhole/index.ts';
import { createIdentityEngine } from './identity/index.ts';
import { createKvEngine } from './kv/index.ts';
import { createPatsEngine } from './pats/index.ts';
import { createPkiEngine } from './pki/index.ts';
import { createSystemEngine, type SystemHooks } from './system/index.ts';

export type { SystemHooks } from './system/index.ts';

/** Every secrets engine of this server: a new one is a folder and a line here. */
export function createEngines(core: Core, hooks: SystemHooks): Engine[] {
  return [
    createSystemEngine(core, hooks),
    createCubbyholeEngine(core),
    createIdentityEngine(core),
    createKvEngine(core),
    createPkiEngine(core),
    createApiKeysEngine(core),
    createPatsEngine(core),
  ];
}
