import type { Statements } from './statements.ts';

/** Sorts after '/' and before everything else that could follow it in a name: the next code point. */
const afterSlash = '0';

/**
 * Names directly below a folder, by skipping from name to name: one index seek each, however much lies below.
 */
export function listFolder(
  statements: Statements,
  place: { namespace: string; mount: string; collection: string },
  folder: string,
  page: { after: string; limit: number },
): string[] {
  const seek = (comparison: '>' | '>=') =>
    statements
      .prepare(
        `SELECT id FROM records WHERE namespace = ? AND mount = ? AND collection = ? AND id ${comparison} ? AND id < ?
         ORDER BY id LIMIT 1`,
      )
      .pluck();
  const [beyond, from] = [seek('>'), seek('>=')];
  const end = `${folder}\u{10ffff}`;
  const names: string[] = [];
  let start = startAfter(folder, page.after);
  while (names.length < page.limit) {
    const statement = start.inclusive ? from : beyond;
    const id = statement.get(place.namespace, place.mount, place.collection, start.id, end) as unknown as
      | string
      | undefined;
    if (id === undefined) break;
    const rest = id.slice(folder.length);
    const slash = rest.indexOf('/');
    const name = slash === -1 ? rest : rest.slice(0, slash + 1);
    names.push(name);
    start = startAfter(folder, name);
  }
  return names;
}

/** Behind a folder the next name may be exactly the folder's with the character after the slash. */
function startAfter(folder: string, name: string): { readonly id: string; readonly inclusive: boolean } {
  const isFolder = name.endsWith('/');
  return { id: folder + (isFolder ? name.slice(0, -1) + afterSlash : name), inclusive: isFolder };
}
