import { z } from 'zod';
import type { AnyRoute } from '../../../core/index.ts';
import type { JsonObject } from '../../../lib/index.ts';

/** What OpenAPI calls the verbs; LIST and SCAN, which it does not know, are GET with a query parameter. */
const methods = {
  GET: 'get',
  HEAD: 'head',
  LIST: 'get',
  SCAN: 'get',
  POST: 'post',
  PATCH: 'patch',
  DELETE: 'delete',
} as const;

export const methodOf = (route: AnyRoute): (typeof methods)[keyof typeof methods] => methods[route.verb];

/** `:name` and `:name*` as OpenAPI writes them. */
export const templateOf = (path: string): string => path.replace(/:([^/*]+)\*?/g, '{$1}');

const capturesOf = (path: string): string[] => [...path.matchAll(/:([^/*]+)/g)].map(([, name]) => name as string);

function schemaOf(field: z.ZodType): JsonObject {
  const inner = field instanceof z.ZodOptional ? (field.unwrap() as z.ZodType) : field;
  const { sensitive, ...schema } = (inner.meta() ?? {}) as Record<string, unknown>;
  return { ...schema, ...(sensitive === true && { 'x-vault-displayAttrs': { sensitive: true } }) } as JsonObject;
}

/** One route as an operation of an OpenAPI document. `idPrefix` keeps ids apart where an engine is mounted twice. */
export function describeOperation(route: AnyRoute, tag: string, idPrefix: string): JsonObject {
  const captures = capturesOf(route.path);
  const others = Object.entries(route.fields).filter(([name]) => !captures.includes(name));
  const inBody = route.verb === 'POST' || route.verb === 'PATCH';
  const isOpen = route.access.kind === 'public' || route.access.kind === 'login';
  return {
    operationId: `${idPrefix}${route.id}`,
    summary: route.summary,
    tags: [tag],
    parameters: [
      ...captures.map((name) => ({
        name,
        in: 'path',
        required: true,
        schema: route.fields[name] ? schemaOf(route.fields[name]) : { type: 'string' },
      })),
      ...listingOf(route),
      ...(inBody ? [] : others.map(([name, schema]) => describeQuery(name, schema))),
    ],
    ...(inBody && { requestBody: describeBody(route, others) }),
    responses: {
      '200': { $ref: '#/components/responses/Answered' },
      '204': { $ref: '#/components/responses/Done' },
      default: { $ref: '#/components/responses/Refused' },
    },
    security: isOpen ? [] : [{ token: [] }, { bearer: [] }],
    'x-strongroom-access': route.access.kind,
    ...(route.access.kind === 'sudo' && { 'x-vault-sudo': true }),
    ...(isOpen && { 'x-vault-unauthenticated': true }),
  };
}

const listingOf = ({ verb }: AnyRoute): JsonObject[] =>
  verb === 'LIST' || verb === 'SCAN'
    ? [{ name: verb.toLowerCase(), in: 'query', required: true, schema: { type: 'string', enum: ['true'] } }]
    : [];

function describeQuery(name: string, schema: z.ZodType): JsonObject {
  return { name, in: 'query', required: !(schema instanceof z.ZodOptional), schema: schemaOf(schema) };
}

function describeBody(route: AnyRoute, fields: readonly (readonly [string, z.ZodType])[]): JsonObject {
  if (route.rawBody) {
    return {
      content: Object.fromEntries(
        route.rawBody.map((type) => [type, { schema: { type: 'string', format: 'binary' } }]),
      ),
    };
  }
  const required = fields.filter(([, schema]) => !(schema instanceof z.ZodOptional)).map(([name]) => name);
  const type = route.verb === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  return {
    required: required.length > 0,
    content: {
      [type]: {
        schema: {
          type: 'object',
          properties: Object.fromEntries(fields.map(([name, schema]) => [name, schemaOf(schema)])),
          ...(required.length > 0 && { required }),
          ...(route.openBody && { additionalProperties: true }),
        },
      },
    },
  };
}
