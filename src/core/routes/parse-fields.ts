import { z } from 'zod';
import { type JsonObject, StrongroomError } from '../../lib/index.ts';
import type { AnyRoute } from './route.ts';

export interface ParsedFields {
  readonly values: Readonly<Record<string, unknown>>;
  readonly warnings: readonly string[];
}

const schemas = new WeakMap<AnyRoute, z.ZodObject>();

function schemaOf(route: AnyRoute): z.ZodObject {
  let schema = schemas.get(route);
  if (!schema) {
    schema = z.object(route.fields);
    schemas.set(route, schema);
  }
  return schema;
}

const noWarnings: readonly string[] = [];

/**
 * Reads a route's fields from what the caller sent and what the path captured. The path wins over the body, with the
 * warning Vault gives; unknown members are ignored with a warning, or refused where the route says so. A null is as if
 * it were absent.
 */
export function parseFields(
  route: AnyRoute,
  sent: JsonObject,
  captures: Readonly<Record<string, string>>,
): ParsedFields {
  const input: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  const ignored: string[] = [];
  const replaced: string[] = [];
  for (const [name, value] of Object.entries(sent)) {
    if (!Object.hasOwn(route.fields, name)) ignored.push(name);
    else if (name in captures) replaced.push(name);
    else if (value !== null || route.verb === 'PATCH') input[name] = value;
  }
  if (route.refusesUnknown === true && ignored.length > 0) throw describeUnknown(route);
  for (const name in captures) input[name] = captures[name];
  const outcome = schemaOf(route).safeParse(input);
  if (!outcome.success) throw describeIssue(outcome.error, input);
  if (route.openBody || (ignored.length === 0 && replaced.length === 0)) {
    return { values: outcome.data, warnings: noWarnings };
  }
  return { values: outcome.data, warnings: describeIgnored(ignored, replaced) };
}

function describeIgnored(ignored: readonly string[], replaced: readonly string[]): string[] {
  const warnings: string[] = [];
  if (ignored.length > 0) {
    warnings.push(`Endpoint ignored these unrecognized parameters: [${[...ignored].sort().join(' ')}]`);
  }
  if (replaced.length > 0) {
    warnings.push(
      `Endpoint replaced the value of these parameters with the values captured from the endpoint's path: [${[...replaced].sort().join(' ')}]`,
    );
  }
  return warnings;
}

function describeUnknown(route: AnyRoute): StrongroomError {
  return new StrongroomError('unknown_field', 'the request has a field that is not known here', {
    hint: `known are ${Object.keys(route.fields).join(', ')}`,
  });
}

/** Names the field and what it must be; never repeats a value or an unknown name. */
function describeIssue(error: z.ZodError, input: Readonly<Record<string, unknown>>): StrongroomError {
  const first = error.issues[0];
  const name = String(first?.path[0] ?? 'body');
  if (input[name] === undefined) {
    return new StrongroomError('missing_field', `missing ${name}`, { hint: `send the field "${name}"` });
  }
  return new StrongroomError('invalid_field', `Field validation failed: error converting input for field "${name}"`, {
    hint: `${name}: ${first?.message ?? 'unreadable'}`,
  });
}
