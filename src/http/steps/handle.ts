import type { Answer } from '../../core/index.ts';
import { StrongroomError } from '../../lib/index.ts';
import type { Exchange } from '../exchange.ts';
import { describeHelp } from '../help.ts';

const nothing: Answer = { status: 204 };

/** Calls the one operation behind the route. */
export function handle(exchange: Exchange): Promise<void> | void {
  const { route, request } = exchange;
  if (!route || !request) throw new StrongroomError('no_route', '');
  if (exchange.help) {
    exchange.answer = describeHelp(route);
    return;
  }
  const answer = route.handle(request);
  if (answer instanceof Promise) return answer.then((found) => keep(exchange, found));
  keep(exchange, answer);
}

// biome-ignore lint/suspicious/noConfusingVoidType: what `RouteSpec.handle` may answer
function keep(exchange: Exchange, answer: Answer | undefined | void): void {
  exchange.answer = answer ?? nothing;
  if (exchange.answer.warnings) exchange.warnings.push(...exchange.answer.warnings);
}
