import { type AnyRoute, beingChanged, type MountRouter, type RouteVerb } from '../../core/index.ts';
import { StrongroomError } from '../../lib/index.ts';
import type { Exchange } from '../exchange.ts';
import { mountHelp } from '../help.ts';

const verbs: Readonly<Record<string, RouteVerb>> = {
  read: 'GET',
  list: 'LIST',
  scan: 'SCAN',
  update: 'POST',
  create: 'POST',
  patch: 'PATCH',
  delete: 'DELETE',
};

/**
 * Finds mount and route. A path nobody serves is not refused here: whether that may be told depends on the caller's
 * rights, which later steps know.
 */
export function findRoute(router: MountRouter): (exchange: Exchange) => void {
  return (exchange) => {
    const verb = exchange.incoming.method === 'HEAD' ? 'HEAD' : (verbs[exchange.operation] as RouteVerb);
    const found = router.find(verb, exchange.path);
    exchange.mount = found.mount;
    exchange.relativePath = found.relativePath;
    if (found.match) {
      exchange.route = found.match.route;
      exchange.captures = found.match.captures;
      return;
    }
    if (exchange.help && !found.closed) exchange.route = findHelp(router, exchange);
    if (exchange.route) return;
    if (!found.mount) {
      exchange.routeError = new StrongroomError(
        'no_route',
        `no handler for route "${exchange.path}". route entry not found.`,
        {
          hint: 'list what is mounted: strongroom secrets list, strongroom auth list',
        },
      );
    } else if (found.closed) {
      exchange.routeError = beingChanged();
    } else if (found.pathExists) {
      exchange.routeError = new StrongroomError('unsupported_operation', 'unsupported operation', {
        hint: 'this path does not take this verb; add ?help=1 to see what it takes',
      });
    } else {
      exchange.routeError = new StrongroomError('unsupported_path', 'unsupported path', {
        hint: found.hint ?? 'add ?help=1 to the mount to see its paths',
      });
    }
  };
}

const otherVerbs: readonly RouteVerb[] = ['POST', 'LIST', 'DELETE', 'PATCH', 'SCAN'];

/** What is asked for help on: the path with another verb than GET, or the mount itself. */
function findHelp(router: MountRouter, { path, mount, relativePath }: Exchange): AnyRoute | undefined {
  for (const verb of otherVerbs) {
    const found = router.find(verb, path).match;
    if (found) return found.route;
  }
  return mount && relativePath === '' ? mountHelp(mount, router.routesOf(mount)) : undefined;
}
