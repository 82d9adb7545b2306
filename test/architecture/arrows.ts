import { posix } from 'node:path';
import { type Room, rooms, testPackages } from './rooms.ts';
import type { Import, SourceFile } from './source-file.ts';

/** Where a file lives: its room's entry in the table, and the room's own folder (`auth/userpass`). */
export interface Place {
  readonly room: Room;
  readonly folder: string;
}

/**
 * Tests, measurements, what tests are set up with (`…-fixture.ts`), and the suites (`conformance….ts`) that tests of
 * several providers share: beside the source, and no part of what is built.
 */
export const isTest = (path: string): boolean =>
  /(?:\.(?:test|bench)|(?:^|\/)conformance(?:-[^/]+)?|-fixture)\.ts$/.test(path);

/** The room of a path under src/; undefined where the table knows none. */
export function placeOf(path: string): Place | undefined {
  const [first = '', second, third] = path.split('/');
  const family = rooms.find(({ folder }) => folder === `${first}/*`);
  if (family && second !== undefined && third !== undefined) return { room: family, folder: `${first}/${second}` };
  const room = rooms.find(({ folder }) => folder === first);
  return room && second !== undefined ? { room, folder: first } : undefined;
}

const mayImport = (from: Place, path: string): readonly string[] => [
  ...from.room.mayImport,
  ...(from.room.widened?.files.test(path) ? from.room.widened.mayImport : []),
];

/** What is wrong with a relative import that leads to `target` (a path under src/), or undefined. */
function judgeTarget(path: string, target: string): string | undefined {
  const from = placeOf(path);
  const to = placeOf(target);
  if (from === undefined) return undefined;
  if (target.startsWith('../')) return isTest(path) ? undefined : `leaves src/ (${target})`;
  if (to === undefined) return `leads to ${target}, which is in no room`;
  if (from.folder === to.folder) return judgeWithin(path, target, from);
  if (!mayImport(from, path).includes(to.room.folder)) {
    const sideways = from.room === to.room ? ': siblings never import one another' : '';
    return `src/${from.folder} may not import src/${to.folder}${sideways}`;
  }
  const doors = ['', ...(to.room.sideDoors ?? []).map((door) => `${door}/`)];
  return doors.some((door) => target === `${to.folder}/${door}index.ts`)
    ? undefined
    : `enters src/${to.folder} by ${target.slice(to.folder.length + 1)}, not by its index.ts`;
}

/**
 * Inside a divided room, a folder enters another through that one's index.ts; tests, and the files beside the folders,
 * which put the room together, may look deeper.
 */
function judgeWithin(path: string, target: string, place: Place): string | undefined {
  if (!place.room.divided || isTest(path)) return undefined;
  const area = (file: string) => {
    const [first, ...rest] = file.slice(place.folder.length + 1).split('/');
    return rest.length === 0 ? undefined : first;
  };
  const here = area(path);
  const there = area(target);
  if (here === undefined || there === undefined || here === there) return undefined;
  const door = `${place.folder}/${there}/index.ts`;
  return target === door ? undefined : `enters src/${place.folder}/${there} not by its index.ts`;
}

const packageName = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

/** What is wrong with one import of a file, or undefined. `exists` tells whether a path under src/ is a file. */
export function judgeImport(
  file: SourceFile,
  { specifier }: Import,
  exists: (path: string) => boolean,
): string | undefined {
  const place = placeOf(file.path);
  if (place === undefined || specifier.startsWith('node:')) return undefined;
  if (!specifier.startsWith('.')) {
    const allowed = [...place.room.packages, ...(isTest(file.path) ? testPackages : [])];
    return allowed.includes(packageName(specifier))
      ? undefined
      : `src/${place.folder} may not use the package ${packageName(specifier)} (test/architecture/rooms.ts lists those it may)`;
  }
  const target = posix.normalize(posix.join(posix.dirname(file.path), specifier));
  if (!target.startsWith('../') && !exists(target)) return `leads to ${target}, which is not there`;
  return judgeTarget(file.path, target);
}
