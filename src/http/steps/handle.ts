import type { Answer } from '../../core/index.ts';
import { isJsonObject, StrongroomError } from '../../lib/index.ts';
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
  exchange.answer = hideFilteredKeys(exchange, answer ?? nothing);
  if (exchange.answer.warnings) exchange.warnings.push(...exchange.answer.warnings);
}

/** A policy may say that of a list only those names are shown that the caller could read or list. */
function hideFilteredKeys(exchange: Exchange, answer: Answer): Answer {
  const { decision, principal } = exchange;
  const keys = answer.data?.['keys'];
  if (!decision?.keyFilter || !principal || !Array.isArray(keys)) return answer;
  const filter = decision.keyFilter;
  const shown = keys.filter(
    (key) => typeof key === 'string' && principal.acls.every((acl) => acl.showsListedKey(filter, exchange.path, key)),
  );
  const info = answer.data?.['key_info'];
  const shownInfo = isJsonObject(info)
    ? Object.fromEntries(Object.entries(info).filter(([key]) => shown.includes(key)))
    : undefined;
  return { ...answer, data: { ...answer.data, keys: shown, ...(shownInfo && { key_info: shownInfo }) } };
}
