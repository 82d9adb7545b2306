import { z } from 'zod';
import { type Answer, type AnyRoute, access, type Mount, route } from '../core/index.ts';
import { StrongroomError } from '../lib/index.ts';

/** What `?help=1` answers: the route's own description. */
export function describeHelp({ id, verb, path, summary, fields: described }: AnyRoute): Answer {
  const fields = Object.entries(described).map(([name, schema]) => {
    const optional = schema instanceof z.ZodOptional;
    return `    ${name}${optional ? '' : ' (required)'}`;
  });
  const help = [
    `Request:        ${path}`,
    `Operation:      ${verb} (${id})`,
    '',
    '## DESCRIPTION',
    '',
    summary,
    ...(fields.length > 0 ? ['', '## PARAMETERS', '', ...fields] : []),
  ].join('\n');
  return { bare: { help, see_also: null, openapi: null } };
}

/** Stands for a mount itself where its help is asked for: the paths below it. */
export function mountHelp(mount: Mount, routes: readonly AnyRoute[]): AnyRoute {
  const lines = routes.map(({ verb, path, summary }) => `${verb.padEnd(7)}${mount.prefix}${path}\n    ${summary}`);
  return route({
    id: 'help',
    verb: 'GET',
    path: mount.prefix,
    summary: [`${mount.description || mount.type}. Its paths:`, '', ...lines.sort()].join('\n'),
    access: access.authenticated('help is open to everybody who is logged in'),
    fields: {},
    handle: () => {
      throw new StrongroomError('unsupported_path', 'unsupported path', { hint: 'add ?help=1 to see its paths' });
    },
  });
}
