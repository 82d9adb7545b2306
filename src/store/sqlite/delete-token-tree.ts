import type { Change } from '../port.ts';
import type { Value } from '../tables/definition.ts';
import { equalities, type Statements } from './statements.ts';

const maxDepth = 1_000;

/**
 * Takes the named tokens, everything below them and what they own, in one go: the cost is one walk of the parent index.
 * Leases stay behind as due, so that their engine takes back what they stand for.
 */
export function deleteTokenTree(statements: Statements, change: Extract<Change, { kind: 'deleteTokenTree' }>): number {
  const { namespace, atMillis } = change;
  const where = Object.entries(change.where as Record<string, Value>);
  if (where.length === 0) throw new RangeError('deleting every token is never meant');
  const condition = equalities(
    'tokens',
    where.map(([column]) => column),
    where.map(([, value]) => value),
  );
  const values = where.map(([, value]) => value);
  statements.prepare('CREATE TEMP TABLE IF NOT EXISTS doomed (id TEXT PRIMARY KEY) WITHOUT ROWID').run();
  statements.prepare('DELETE FROM temp.doomed').run();
  // CROSS JOIN: the planner is to go from the tree to its children, not through all tokens for each of the tree.
  const count = statements
    .prepare(
      `WITH RECURSIVE tree (id, depth) AS (
         SELECT id, 0 FROM tokens WHERE namespace = ? AND ${condition}
         UNION ALL
         SELECT child.id, tree.depth + 1 FROM tree CROSS JOIN tokens AS child
           ON child.namespace = ? AND child.parent = tree.id WHERE tree.depth < ${maxDepth}
       ) INSERT OR IGNORE INTO temp.doomed SELECT id FROM tree`,
    )
    .run(namespace, ...values, namespace).changes;
  if (count === 0) return 0;
  statements
    .prepare('DELETE FROM records WHERE namespace = ? AND owner IN (SELECT id FROM temp.doomed)')
    .run(namespace);
  statements
    .prepare('UPDATE leases SET due_millis = ? WHERE namespace = ? AND token IN (SELECT id FROM temp.doomed)')
    .run(atMillis, namespace);
  statements.prepare('DELETE FROM tokens WHERE namespace = ? AND id IN (SELECT id FROM temp.doomed)').run(namespace);
  return count;
}
