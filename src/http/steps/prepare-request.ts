import { type EngineRequest, parseFields, type RouteMatch } from '../../core/index.ts';
import { StrongroomError } from '../../lib/index.ts';
import type { Exchange } from '../exchange.ts';

/**
 * Reads the fields and asks the engine whether the item is there, since that decides which right is needed. What cannot
 * be read is remembered, and refused after authorisation.
 */
export function prepareRequest(exchange: Exchange): Promise<void> | void {
  const { route, mount } = exchange;
  if (!route || !mount) return;
  const match: RouteMatch = { route, captures: exchange.captures };
  if (exchange.help) {
    exchange.request = buildRequest(exchange, mount, match.captures);
    return;
  }
  const values = readFields(exchange, match);
  exchange.request = buildRequest(exchange, mount, values);
  if (!route.exists || exchange.incoming.method === 'PATCH' || exchange.operation !== 'update') return;
  const found = route.exists(exchange.request);
  if (found instanceof Promise) return found.then((exists) => decide(exchange, exists));
  decide(exchange, found);
}

function decide(exchange: Exchange, exists: boolean): void {
  if (exists) return;
  exchange.operation = 'create';
  if (exchange.request) exchange.request = { ...exchange.request, operation: 'create' };
}

function readFields(exchange: Exchange, match: RouteMatch): Readonly<Record<string, unknown>> {
  if (exchange.bodyError) return match.captures;
  const sent = match.route.rawBody ? {} : exchange.body;
  try {
    const { values, warnings } = parseFields(match.route, sent, match.captures);
    exchange.warnings.push(...warnings);
    return values;
  } catch (error) {
    if (!(error instanceof StrongroomError)) throw error;
    exchange.fieldError = error;
    return match.captures;
  }
}

function buildRequest(
  exchange: Exchange,
  mount: NonNullable<Exchange['mount']>,
  fields: Readonly<Record<string, unknown>>,
): EngineRequest {
  const { headers } = exchange.incoming;
  return {
    id: exchange.id,
    operation: exchange.operation,
    path: exchange.path,
    relativePath: exchange.relativePath,
    namespace: exchange.namespace,
    mount,
    fields,
    body: exchange.body,
    bytes: exchange.bytes,
    principal: exchange.principal,
    connection: exchange.connection,
    header: (name) => {
      const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
      return typeof value === 'string' ? value : value?.join(', ');
    },
    nowMillis: exchange.nowMillis,
    wrapTtlSeconds: exchange.wrapTtlSeconds,
    warn: (text) => void exchange.warnings.push(text),
  };
}
