import { StrongroomError } from '../../lib/index.ts';
import { canonicalPath } from '../canonical-path.ts';
import type { Exchange } from '../exchange.ts';
import { parseQuery } from '../query.ts';

const prefix = '/v1/';
const maxUrlLength = 8_192;

/** Makes the path canonical and reads verb and switches: what the request is about, before who sent it. */
export function checkLimits(exchange: Exchange): void {
  const url = exchange.incoming.url ?? '';
  if (url.length > maxUrlLength)
    throw new StrongroomError('uri_too_long', 'the URL is too long', { hint: `at most ${maxUrlLength} characters` });
  const mark = url.indexOf('?');
  const rawPath = mark === -1 ? url : url.slice(0, mark);
  if (!rawPath.startsWith(prefix)) {
    throw new StrongroomError('no_route', '', { hint: 'everything is served below /v1/' });
  }
  const { path, trailingSlash } = canonicalPath(rawPath.slice(prefix.length));
  exchange.path = path;
  exchange.trailingSlash = trailingSlash;
  refuseOtherNamespace(exchange);
  const query = parseQuery(mark === -1 ? '' : url.slice(mark + 1));
  exchange.query = query.fields;
  readOperation(exchange, query);
  exchange.wrapTtlSeconds = undefined;
}

/** There is one namespace. Serving it under another name would let a client believe it had been kept apart. */
function refuseOtherNamespace(exchange: Exchange): void {
  const header = exchange.incoming.headers['x-vault-namespace'];
  const name = (typeof header === 'string' ? header : '').replace(/^\/+|\/+$/g, '');
  if (name === '' || name === 'root') return;
  throw new StrongroomError('not_found', 'namespace not found', {
    hint: 'this server has only the root namespace: leave X-Vault-Namespace out',
  });
}

function readOperation(exchange: Exchange, query: { list: boolean; scan: boolean; help: boolean }): void {
  const method = exchange.incoming.method ?? '';
  switch (method) {
    case 'GET':
    case 'HEAD':
      exchange.operation = query.list ? 'list' : query.scan ? 'scan' : 'read';
      exchange.help = query.help;
      return;
    case 'LIST':
    case 'SCAN':
      exchange.operation = method === 'LIST' ? 'list' : 'scan';
      return;
    case 'POST':
    case 'PUT':
      // Until the engine says whether the item is there.
      exchange.operation = 'update';
      refuseTrailingSlash(exchange);
      return;
    case 'PATCH':
      exchange.operation = 'patch';
      refuseTrailingSlash(exchange);
      return;
    case 'DELETE':
      exchange.operation = 'delete';
      return;
    default:
      throw new StrongroomError('unsupported_operation', 'unsupported operation', {
        hint: 'verbs are GET, POST, PUT, PATCH, DELETE, LIST, SCAN and HEAD',
      });
  }
}

function refuseTrailingSlash(exchange: Exchange): void {
  if (!exchange.trailingSlash) return;
  throw new StrongroomError('invalid_path', "cannot write to a path ending in '/'", {
    hint: 'leave the last slash out',
  });
}
