import type { Clock } from '../../lib/index.ts';
import type { Exchange } from '../exchange.ts';

/**
 * A body may be a minute on its way. What is decided from here on holds for the moment at which all of the request has
 * come: a credential may have ended meanwhile, a mount been removed, moved or closed.
 */
export function lookAgain(clock: Clock, findRoute: (exchange: Exchange) => void): (exchange: Exchange) => void {
  return (exchange) => {
    const { method } = exchange.incoming;
    if (method !== 'POST' && method !== 'PUT' && method !== 'PATCH') return;
    exchange.nowMillis = clock.nowMillis();
    exchange.route = undefined;
    exchange.routeError = undefined;
    exchange.captures = {};
    findRoute(exchange);
  };
}
