import {
  type AnyRoute,
  access,
  type Core,
  type EngineRequest,
  type Mount,
  requirePrincipal,
  route,
} from '../../../core/index.ts';
import { openapiDocument } from './openapi-document.ts';

export function specRoutes(core: Core): AnyRoute[] {
  return [
    route({
      id: 'sys.openapi.read',
      verb: 'GET',
      path: 'internal/specs/openapi',
      summary: 'This API as an OpenAPI 3.0.2 document: the mounts that the caller can use.',
      access: access.authenticated('whoever is logged in may see what they can use'),
      fields: {},
      handle: (request) => {
        const document = openapiDocument(core, usableMounts(core, request));
        const { paths } = document as { paths: object };
        return { bare: document, recorded: { paths: Object.keys(paths).length } };
      },
    }),
  ];
}

function usableMounts(core: Core, request: EngineRequest): Mount[] {
  const { acls } = requirePrincipal(request);
  return [...core.mounts.all('secret'), ...core.mounts.all('auth')].filter(({ prefix }) =>
    acls.every((acl) => acl.allowsAnythingUnder(prefix)),
  );
}
