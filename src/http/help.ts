import { z } from 'zod';
import type { Answer, AnyRoute } from '../core/index.ts';

/** What `?help=1` answers: the route's own description. */
export function describeHelp(route: AnyRoute): Answer {
  const fields = Object.entries(route.fields).map(([name, schema]) => {
    const optional = schema instanceof z.ZodOptional;
    return `    ${name}${optional ? '' : ' (required)'}`;
  });
  const help = [
    `Request:        ${route.path}`,
    `Operation:      ${route.verb} (${route.id})`,
    '',
    '## DESCRIPTION',
    '',
    route.summary,
    ...(fields.length > 0 ? ['', '## PARAMETERS', '', ...fields] : []),
  ].join('\n');
  return { bare: { help, see_also: null, openapi: null } };
}
