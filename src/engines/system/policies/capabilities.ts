import {
  type Answer,
  type AnyRoute,
  access,
  type Core,
  field,
  type Principal,
  requirePrincipal,
  route,
} from '../../../core/index.ts';
import { StrongroomError } from '../../../lib/index.ts';

const maxPaths = 1_000;
const paths = { paths: field.list().optional(), path: field.list().optional() };

interface PathFields {
  readonly paths?: readonly string[] | undefined;
  readonly path?: readonly string[] | undefined;
}

/** `sys/capabilities` and its variants: what a credential may do on paths. */
export function capabilityRoutes(core: Core): AnyRoute[] {
  return [
    route({
      id: 'sys.capabilities.read',
      verb: 'POST',
      path: 'capabilities',
      summary: 'Shows what a token may do on paths.',
      access: access.capability,
      fields: { ...paths, token: field.secretText() },
      handle: async (request) => {
        const token = await core.tokens.find(request.namespace, request.fields.token);
        if (!token)
          throw new StrongroomError('invalid_request', 'invalid token', { hint: 'it is unknown, expired or revoked' });
        return describe(await core.principals.describe(token), request.fields);
      },
    }),
    route({
      id: 'sys.capabilities_accessor.read',
      verb: 'POST',
      path: 'capabilities-accessor',
      summary: 'Shows what the token of an accessor may do on paths.',
      access: access.capability,
      fields: { ...paths, accessor: field.text() },
      handle: async (request) => {
        const token = await core.tokens.findByAccessor(request.namespace, request.fields.accessor);
        if (!token)
          throw new StrongroomError('invalid_request', 'invalid accessor', { hint: 'no live token has this accessor' });
        return describe(await core.principals.describe(token), request.fields);
      },
    }),
    route({
      id: 'sys.capabilities_self.read',
      verb: 'POST',
      path: 'capabilities-self',
      summary: 'Shows what the calling credential may do on paths.',
      access: access.capability,
      // Some clients send the token beside the paths: it is the caller's own, and not looked at.
      fields: { ...paths, token: field.secretText().optional() },
      handle: (request) => describe(requirePrincipal(request), request.fields),
    }),
  ];
}

function describe(principal: Principal, fields: PathFields): Answer {
  const wanted = [...new Set(fields.paths ?? fields.path ?? [])];
  if (wanted.length === 0)
    throw new StrongroomError('missing_field', 'paths must be supplied', { hint: 'send "paths"' });
  if (wanted.length > maxPaths)
    throw new StrongroomError('invalid_field', 'too many paths', { hint: `${maxPaths} at most` });
  const found = wanted.map((path): [string, string[]] => [path, capabilitiesOf(principal, path.replace(/^\/+/, ''))]);
  const data = Object.fromEntries(found);
  const [only] = found;
  return { data: found.length === 1 && only ? { ...data, capabilities: only[1] } : data, topLevel: true };
}

/** Every rule set of a credential has to allow: of several only what they share. */
function capabilitiesOf(principal: Principal, path: string): string[] {
  const [first = ['deny'], ...others] = principal.acls.map((acl) => acl.capabilities(path));
  const shared = others.reduce((left, right) => {
    if (left[0] === 'root') return right;
    if (right[0] === 'root') return left;
    return left.filter((capability) => right.includes(capability));
  }, first);
  return shared.length === 0 ? ['deny'] : shared;
}
