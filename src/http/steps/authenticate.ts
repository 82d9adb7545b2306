import type { CredentialResolver, Principal } from '../../core/index.ts';
import { StrongroomError } from '../../lib/index.ts';
import { publicError, statusOf } from '../error-status.ts';
import type { Exchange } from '../exchange.ts';

/** One sentence for every credential that is not valid now, so that nobody learns which part was wrong. */
const refused = (): StrongroomError =>
  new StrongroomError('unauthenticated', 'permission denied', {
    hint: 'the credential is missing, unknown, expired or revoked: log in again',
  });

/**
 * Turns whatever was presented into a principal. Public routes go on without one; a bad credential does not matter
 * there. Anywhere else no principal means no request.
 */
export function authenticate(
  resolvers: () => readonly CredentialResolver[],
): (exchange: Exchange) => Promise<void> | void {
  return (exchange) => {
    const kind = exchange.route?.access.kind;
    if (kind === 'public' || kind === 'login') return undefined;
    const { credential } = exchange;
    const optional = kind === 'optional';
    if (credential === undefined) {
      if (optional) return undefined;
      throw refused();
    }
    const resolver = resolvers().find((candidate) => candidate.recognises(credential));
    if (!resolver) throw refused();
    if (optional) return tryResolve(exchange, resolver, credential);
    const found = resolver.resolve(credential, {
      namespace: exchange.namespace,
      remoteAddress: exchange.connection.remoteAddress,
      nowMillis: exchange.nowMillis,
    });
    if (found instanceof Promise) return found.then((principal) => remember(exchange, principal));
    return remember(exchange, found);
  };
}

/** A credential that is not valid is as if none had come. */
async function tryResolve(exchange: Exchange, resolver: CredentialResolver, credential: string): Promise<void> {
  const use = {
    namespace: exchange.namespace,
    remoteAddress: exchange.connection.remoteAddress,
    nowMillis: exchange.nowMillis,
  };
  try {
    exchange.principal = await resolver.resolve(credential, use);
  } catch (error) {
    if (statusOf[publicError(error).code] >= 500) throw error;
  }
}

function remember(exchange: Exchange, principal: Principal | undefined): void {
  if (!principal) throw refused();
  exchange.principal = principal;
}
