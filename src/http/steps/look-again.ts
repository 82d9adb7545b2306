import type { MountRouter } from '../../core/index.ts';
import type { Clock } from '../../lib/index.ts';
import type { Exchange } from '../exchange.ts';

/**
 * A body may be a minute on its way. What is decided from here on holds for the moment at which all of the request has
 * come: a credential may have ended meanwhile, a mount been removed, moved or closed.
 */
export function lookAgain(
  clock: Clock,
  router: MountRouter,
  findRoute: (exchange: Exchange) => void,
): (exchange: Exchange) => void {
  return (exchange) => {
    const { method } = exchange.incoming;
    if (method !== 'POST' && method !== 'PUT' && method !== 'PATCH') return;
    exchange.nowMillis = clock.nowMillis();
    // Mounts are replaced when they change, and none lies below another.
    if (exchange.route && exchange.mount && router.isCurrent(exchange.mount)) return;
    exchange.route = undefined;
    exchange.routeError = undefined;
    exchange.captures = {};
    findRoute(exchange);
  };
}
