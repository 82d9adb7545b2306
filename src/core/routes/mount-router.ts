import type { Awaitable } from '../../lib/index.ts';
import type { Engine } from '../engine.ts';
import type { Mount, MountTable } from '../mounts/index.ts';
import type { AnyRoute, RouteVerb } from './route.ts';
import { type RouteMatch, RouteTable } from './route-table.ts';

export interface Routed {
  readonly mount: Mount | undefined;
  /** The path below the mount, without slashes at its ends. */
  readonly relativePath: string;
  readonly match: RouteMatch | undefined;
  /** Whether another verb is served here. */
  readonly pathExists: boolean;
  readonly hint: string | undefined;
  /** The mount serves nothing for the moment, whatever is asked. */
  readonly closed?: true;
}

/** Path → mount → engine → route. */
export class MountRouter {
  readonly #mounts: MountTable;
  readonly #engines: ReadonlyMap<string, Engine>;
  /** One table a list of routes. */
  readonly #tables = new Map<readonly AnyRoute[], RouteTable>();

  constructor(mounts: MountTable, engines: ReadonlyMap<string, Engine>) {
    this.#mounts = mounts;
    this.#engines = engines;
  }

  find(verb: RouteVerb, path: string): Routed {
    const mount = this.#mounts.route(path);
    if (!mount) return { mount, relativePath: path, match: undefined, pathExists: false, hint: undefined };
    const relativePath = path.length < mount.prefix.length ? '' : path.slice(mount.prefix.length);
    if (this.#mounts.isClosed(mount)) {
      return { mount, relativePath, match: undefined, pathExists: false, hint: undefined, closed: true };
    }
    const engine = this.#engines.get(engineKey(mount));
    const table = engine && this.#tableOf(engine, mount);
    const match = table?.find(verb, relativePath);
    if (match) return { mount, relativePath, match, pathExists: true, hint: undefined };
    const pathExists = table?.hasPath(relativePath) ?? false;
    return { mount, relativePath, match, pathExists, hint: engine?.unknownPathHint?.(relativePath, mount) };
  }

  /** Whether what was found below a mount would be found again. */
  isCurrent(mount: Mount): boolean {
    return this.#mounts.isCurrent(mount);
  }

  /** Does a request's work on the mount it was sent to; refuses when that one is not as it was found any more. */
  during<T>(mount: Mount, work: () => Awaitable<T>): Awaitable<T> {
    return this.#mounts.during(mount, work);
  }

  /** Every route below a mount. */
  routesOf(mount: Mount): readonly AnyRoute[] {
    const engine = this.#engines.get(engineKey(mount));
    return engine === undefined ? [] : (engine.routesFor?.(mount) ?? engine.routes);
  }

  #tableOf(engine: Engine, mount: Mount): RouteTable {
    const routes = engine.routesFor?.(mount) ?? engine.routes;
    const known = this.#tables.get(routes);
    if (known) return known;
    const table = new RouteTable(routes);
    this.#tables.set(routes, table);
    return table;
  }
}

/** Engines are kept by kind and type: an auth method and an engine may have the same name. */
export function engineKey(engine: Pick<Engine, 'kind' | 'type'>): string {
  return `${engine.kind}:${engine.type}`;
}
