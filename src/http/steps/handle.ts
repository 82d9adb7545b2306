import type { Answer, Decision, MountRouter } from '../../core/index.ts';
import { isJsonObject, type Json, StrongroomError } from '../../lib/index.ts';
import type { Exchange } from '../exchange.ts';
import { describeHelp } from '../help.ts';

const nothing: Answer = { status: 204 };

/** Calls the one operation behind the route, with the mount kept as it was found. */
export function handle(router: MountRouter): (exchange: Exchange) => Promise<void> | void {
  return (exchange) => handleIn(router, exchange);
}

function handleIn(router: MountRouter, exchange: Exchange): Promise<void> | void {
  const { route, request } = exchange;
  if (!route || !request) throw new StrongroomError('no_route', '', { hint: 'nothing is served at this path' });
  if (exchange.help) {
    exchange.answer = describeHelp(route);
    return;
  }
  // A log-in is not waited for: its commit holds only while the method is mounted where it came in.
  const answer =
    route.access.kind === 'login' ? route.handle(request) : router.during(request.mount, () => route.handle(request));
  if (answer instanceof Promise) return answer.then((found) => keep(exchange, found));
  keep(exchange, answer);
}

// biome-ignore lint/suspicious/noConfusingVoidType: what `RouteSpec.handle` may answer
function keep(exchange: Exchange, answer: Answer | undefined | void): void {
  // What is lent dies with the token, whose last use this was: it is taken back, so it is not handed out either.
  if (exchange.principal?.usesLeft === 0 && answer?.lease && answer.lease.id !== '') throw lentInVain();
  exchange.answer = hideKeys(exchange, answer ?? nothing);
  if (exchange.answer.warnings) exchange.warnings.push(...exchange.answer.warnings);
}

const lentInVain = (): StrongroomError =>
  new StrongroomError(
    'invalid_request',
    'Secret cannot be returned; token had one use left, so leased credentials are revoked',
    { hint: 'use a token with at least two uses left, or without a limit' },
  );

/**
 * A policy may say that of a list only those names are shown that the caller could read or list, and only so many at
 * once. Held to here, whatever the route behind it reads of its query.
 */
function hideKeys(exchange: Exchange, answer: Answer): Answer {
  const limiting = exchange.decisions.filter(
    (decision) => decision.keyFilter || decision.paginationLimit !== undefined,
  );
  const keys = answer.data?.['keys'];
  if (limiting.length === 0 || !Array.isArray(keys)) return answer;
  const most = Math.min(...limiting.map((decision) => decision.paginationLimit ?? keys.length));
  const shown = keys.filter((key) => limiting.every((decision) => isShown(exchange, decision, key))).slice(0, most);
  const info = answer.data?.['key_info'];
  const shownInfo = isJsonObject(info)
    ? Object.fromEntries(Object.entries(info).filter(([key]) => shown.includes(key)))
    : undefined;
  // The same list may stand under a second name, as `policies` beside `keys`.
  const shownData = Object.fromEntries(
    Object.entries(answer.data ?? {}).map(([name, value]) => [name, value === keys ? shown : value]),
  );
  return { ...answer, data: { ...shownData, ...(shownInfo && { key_info: shownInfo }) } };
}

function isShown({ path, principal }: Exchange, { keyFilter }: Decision, key: Json): boolean {
  if (!keyFilter) return true;
  if (typeof key !== 'string' || !principal) return false;
  return principal.acls.every((acl) => acl.showsListedKey(keyFilter, path, key));
}
