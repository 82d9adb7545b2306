import type { AnyRoute, Core, Engine, Mount } from '../../../core/index.ts';
import { engineKey } from '../../../core/index.ts';
import { type JsonObject, strongroomVersion } from '../../../lib/index.ts';
import { describeOperation, methodOf, templateOf } from './describe-operation.ts';

const refusal: JsonObject = {
  type: 'object',
  required: ['errors', 'code', 'request_id'],
  properties: {
    errors: { type: 'array', items: { type: 'string' }, description: 'What Vault’s clients read' },
    code: { type: 'string', description: 'One of a closed list; programs decide by this' },
    hint: { type: 'string' },
    request_id: { type: 'string' },
  },
};

/** The routes of the mounts given, as an OpenAPI 3.0.2 document. */
export function openapiDocument(core: Core, mounts: readonly Mount[]): JsonObject {
  const paths: Record<string, Record<string, JsonObject>> = {};
  for (const mount of mounts) {
    const engine = core.engines.get(engineKey(mount));
    if (engine) for (const route of routesOf(engine, mount)) addRoute(paths, mount, route);
  }
  return {
    openapi: '3.0.2',
    info: {
      title: 'Strongroom',
      description: 'Issues, checks, rotates and revokes every credential a machine uses.',
      version: strongroomVersion,
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    paths: Object.fromEntries(Object.entries(paths).sort(([left], [right]) => (left < right ? -1 : 1))),
    components: {
      securitySchemes: {
        token: { type: 'apiKey', in: 'header', name: 'X-Vault-Token' },
        bearer: { type: 'http', scheme: 'bearer' },
      },
      schemas: { Refusal: refusal },
      responses: {
        Answered: { description: 'OK', content: { 'application/json': { schema: { type: 'object' } } } },
        Done: { description: 'Done, with nothing to say' },
        Refused: {
          description: 'Refused',
          content: { 'application/json': { schema: { $ref: '#/components/schemas/Refusal' } } },
        },
      },
    },
  };
}

const routesOf = (engine: Engine, mount: Mount): readonly AnyRoute[] => engine.routesFor?.(mount) ?? engine.routes;

function addRoute(paths: Record<string, Record<string, JsonObject>>, mount: Mount, route: AnyRoute): void {
  const path = `/${mount.prefix}${templateOf(route.path)}`.replace(/\/$/, '');
  paths[path] ??= {};
  const item = paths[path];
  const method = methodOf(route);
  const operation = describeOperation(route, mount.type, `${mount.prefix.replaceAll('/', '.')}`);
  const known = item[method];
  // Two ways to ask with GET: the one that lists is named by its query parameter.
  item[method] = known === undefined ? operation : withListing(known, operation);
}

function withListing(one: JsonObject, other: JsonObject): JsonObject {
  const [plain, listing] = namesListing(one) ? [other, one] : [one, other];
  const names = new Set(parametersOf(plain).map(({ name }) => name));
  const more = parametersOf(listing).filter(({ name }) => !names.has(name));
  return {
    ...plain,
    parameters: [...parametersOf(plain), ...more.map((parameter) => ({ ...parameter, required: false }))],
    'x-strongroom-listings': [...listingsOf(one), ...listingsOf(other)],
  };
}

/** What an operation says of the listings it holds, itself if it is one. */
function listingsOf(operation: JsonObject): JsonObject[] {
  const { operationId = '', summary = '' } = operation;
  const held = (operation['x-strongroom-listings'] ?? []) as JsonObject[];
  return namesListing(operation) ? [{ operationId, summary }, ...held] : held;
}

const parametersOf = (operation: JsonObject): JsonObject[] => operation['parameters'] as JsonObject[];

const namesListing = (operation: JsonObject): boolean =>
  parametersOf(operation).some(({ name, required }) => (name === 'list' || name === 'scan') && required === true);
