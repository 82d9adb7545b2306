import type { AnyRoute, RouteVerb } from './route.ts';

interface Node {
  readonly fixed: Map<string, Node>;
  capture: Node | undefined;
  /** Routes that end here, by verb. */
  readonly here: Map<RouteVerb, AnyRoute>;
  /** Routes that take the rest of the path from here, by verb. */
  readonly rest: Map<RouteVerb, { route: AnyRoute; name: string }>;
}

export interface RouteMatch {
  readonly route: AnyRoute;
  readonly captures: Readonly<Record<string, string>>;
}

const newNode = (): Node => ({ fixed: new Map(), capture: undefined, here: new Map(), rest: new Map() });

/** Finds a route of one engine by verb and path. Fixed segments win over captures, captures over a rest. */
export class RouteTable {
  readonly #root = newNode();
  readonly #names = new WeakMap<AnyRoute, readonly string[]>();

  constructor(routes: readonly AnyRoute[]) {
    for (const route of routes) this.#add(route);
  }

  #add(route: AnyRoute): void {
    const names: string[] = [];
    let node = this.#root;
    for (const segment of route.path === '' ? [] : route.path.split('/')) {
      if (segment.startsWith(':') && segment.endsWith('*')) {
        node.rest.set(route.verb, { route, name: segment.slice(1, -1) });
        this.#names.set(route, names);
        return;
      }
      if (segment.startsWith(':')) {
        names.push(segment.slice(1));
        node.capture ??= newNode();
        node = node.capture;
      } else {
        const next = node.fixed.get(segment) ?? newNode();
        node.fixed.set(segment, next);
        node = next;
      }
    }
    if (node.here.has(route.verb)) throw new RangeError(`two routes for ${route.verb} ${route.path}`);
    node.here.set(route.verb, route);
    this.#names.set(route, names);
  }

  /** The match for a path without leading or trailing slash; undefined when no route of this verb fits. */
  find(verb: RouteVerb, path: string): RouteMatch | undefined {
    const segments = path === '' ? [] : path.split('/');
    const values: string[] = [];
    const found = this.#walk(this.#root, verb, segments, 0, values);
    if (!found) return undefined;
    const captures: Record<string, string> = Object.create(null) as Record<string, string>;
    (this.#names.get(found.route) ?? []).forEach((name, index) => {
      captures[name] = values[index] as string;
    });
    if (found.restName !== undefined) captures[found.restName] = found.rest;
    return { route: found.route, captures };
  }

  /** Whether any verb has a route here: tells 405 from 404. */
  hasPath(path: string): boolean {
    return (['GET', 'POST', 'DELETE', 'PATCH', 'LIST', 'SCAN', 'HEAD'] as const).some((verb) => this.find(verb, path));
  }

  #walk(
    node: Node,
    verb: RouteVerb,
    segments: readonly string[],
    at: number,
    values: string[],
  ): { route: AnyRoute; restName: string | undefined; rest: string } | undefined {
    const segment = segments[at];
    if (segment === undefined) {
      const here = node.here.get(verb);
      if (here) return { route: here, restName: undefined, rest: '' };
    } else {
      const fixed = node.fixed.get(segment);
      const byFixed = fixed && this.#walk(fixed, verb, segments, at + 1, values);
      if (byFixed) return byFixed;
      if (node.capture && segment !== '') {
        values.push(segment);
        const byCapture = this.#walk(node.capture, verb, segments, at + 1, values);
        if (byCapture) return byCapture;
        values.pop();
      }
    }
    const rest = node.rest.get(verb);
    if (!rest || (segment === undefined && verb !== 'LIST' && verb !== 'SCAN')) return undefined;
    return { route: rest.route, restName: rest.name, rest: segments.slice(at).join('/') };
  }
}
