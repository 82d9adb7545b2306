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
  const statement = statements
    .prepare(
      `SELECT id FROM records WHERE namespace = ? AND mount = ? AND collection = ? AND id > ? AND id < ?
       ORDER BY id LIMIT 1`,
    )
    .pluck();
  const end = `${folder}\u{10ffff}`;
  const names: string[] = [];
  let start = folder + (page.after.endsWith('/') ? page.after.slice(0, -1) + afterSlash : page.after);
  while (names.length < page.limit) {
    const id = statement.get(place.namespace, place.mount, place.collection, start, end) as unknown as
      | string
      | undefined;
    if (id === undefined) break;
    const rest = id.slice(folder.length);
    const slash = rest.indexOf('/');
    if (slash === -1) {
      names.push(rest);
      start = id;
    } else {
      const name = rest.slice(0, slash + 1);
      names.push(name);
      start = folder + name.slice(0, -1) + afterSlash;
    }
  }
  return names;
}
