import type { Acl, Decision } from '../../core/index.ts';
import { StrongroomError } from '../../lib/index.ts';
import type { Exchange } from '../exchange.ts';

const denied = (): StrongroomError =>
  new StrongroomError('permission_denied', '1 error occurred:\n\t* permission denied\n\n', {
    hint: 'the policies of this credential do not allow this operation on this path',
  });

/**
 * May they? Every rule set of the principal must allow the operation on the path; a path nobody serves needs the right
 * as well before its absence is told.
 */
export function authorise(exchange: Exchange): void {
  const { route, principal } = exchange;
  const kind = route?.access.kind;
  if (kind === 'authenticated') {
    if (!principal) throw denied();
  } else if (kind !== 'public' && kind !== 'login' && kind !== 'optional') {
    if (!principal) throw denied();
    exchange.decisions = decideAll(exchange, principal.acls, kind === 'sudo');
    exchange.decision = exchange.decisions.at(-1);
  }
  if (exchange.routeError) throw exchange.routeError;
  if (exchange.bodyError) throw exchange.bodyError;
  if (exchange.fieldError) throw exchange.fieldError;
  if (exchange.wrapTtlSeconds !== undefined) {
    throw new StrongroomError('invalid_request', 'response wrapping is not supported', {
      hint: 'send the request without X-Vault-Wrap-TTL',
    });
  }
}

function decideAll(exchange: Exchange, acls: readonly Acl[], sudo: boolean): readonly Decision[] {
  const { operation } = exchange;
  // Lists match with their trailing slash. Anything else is decided on the path that is acted on, which has none.
  const request = {
    path: operation === 'list' || operation === 'scan' ? `${exchange.path}/` : exchange.path,
    operation,
    parameters: exchange.body,
    ...(exchange.wrapTtlSeconds !== undefined && { wrapTtlSeconds: exchange.wrapTtlSeconds }),
  };
  const decisions = acls.map((acl) => acl.decide(request));
  const path = canonicalPathOf(exchange);
  if (path !== undefined) decisions.push(...acls.map((acl) => acl.decide({ ...request, path })));
  if (decisions.length === 0) throw denied();
  // Help is open to everybody who is logged in.
  if (exchange.help) return decisions;
  if (decisions.some((decision) => !decision.allowed || (sudo && !decision.sudo))) throw denied();
  return decisions;
}

/** The path under the one spelling of its names, where that is another than was sent. */
function canonicalPathOf({ route, mount, captures, path }: Exchange): string | undefined {
  if (!route?.canonicalPath || !mount) return undefined;
  const canonical = mount.prefix + route.canonicalPath(captures);
  return canonical === path ? undefined : canonical;
}
