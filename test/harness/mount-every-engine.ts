import { expect } from 'vitest';
import type { Engine } from '../../src/core/index.ts';
import type { TestServer } from './server.ts';

/** Mounts every engine and auth method that is not there by itself, at `walk-TYPE`; answers each with its prefix. */
export async function mountEveryEngine(server: TestServer): Promise<[string, Engine][]> {
  const found: [string, Engine][] = [];
  for (const engine of server.core.engines.values()) {
    const root = engine.kind === 'auth' ? 'auth/' : '';
    if (engine.type === 'system') found.push(['sys/', engine]);
    else if (engine.singleton) found.push([`${root}${engine.type}/`, engine]);
    else {
      const table = engine.kind === 'auth' ? 'auth' : 'mounts';
      const answer = await server.root('POST', `sys/${table}/walk-${engine.type}`, { type: engine.type });
      expect(answer.status, answer.text).toBe(204);
      found.push([`${root}walk-${engine.type}/`, engine]);
    }
  }
  return found;
}
