import type { Core, Engine } from '../../core/index.ts';
import { StrongroomError } from '../../lib/index.ts';
import { openKvStore } from './kv-store.ts';
import { plainRoutes } from './routes-v1.ts';
import { versionedPathHint, versionedRoutes } from './routes-v2.ts';
import { changeKvOptions, versionOf } from './upgrade.ts';

/** Secrets by path. `options.version` of the mount says whether their versions are kept. */
export function createKvEngine(core: Core): Engine {
  const kv = openKvStore(core);
  const plain = plainRoutes(kv);
  const versioned = versionedRoutes(kv);
  return {
    type: 'kv',
    kind: 'secret',
    description: 'key/value secret storage',
    routes: [...versioned, ...plain],
    routesFor: (mount) => (versionOf(mount) === '2' ? versioned : plain),
    unknownPathHint: (_path, mount) => (versionOf(mount) === '2' ? versionedPathHint : undefined),
    prepareMount: (mount) => {
      const version = mount.options?.['version'];
      if (version === undefined || version === '1' || version === '2') return [];
      throw new StrongroomError('invalid_request', `unknown kv version "${version.slice(0, 8)}"`, {
        hint: 'versions are 1 and 2',
      });
    },
    changeOptions: (mount, options) => changeKvOptions(kv, mount, options),
  };
}
