import { expect, it } from 'vitest';
import { openMemoryStore, type Store } from '../index.ts';

const perCommit = 1_000;

async function withCertificates(count: number): Promise<Store> {
  const store = openMemoryStore();
  for (let start = 0; start < count; start += perCommit) {
    await store.commit(
      Array.from({ length: perCommit }, (_, at) => ({
        kind: 'insert' as const,
        table: 'certificates' as const,
        row: {
          namespace: 'root',
          mount: `mount-${start % 3}`,
          id: `${start + at}`,
          issuer: 'issuer',
          state: at % 2 === 0 ? 'revoked' : 'active',
          entity_id: null,
          created_millis: 1,
          expire_millis: 5,
          revoked_millis: at % 2 === 0 ? 5 : null,
          version: 1,
          sealed: Buffer.alloc(8),
        },
      })),
    );
  }
  return store;
}

/** Milliseconds of the fastest of many look-ups of a serial number that was revoked, in whichever mount. */
async function lookUpMillis(store: Store): Promise<number> {
  let fastest = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < 30; turn += 1) {
    const before = performance.now();
    const rows = await store.list('certificates', {
      where: { namespace: 'root', id: `${turn % 2 === 0 ? 500 : 501}` },
      above: { column: 'revoked_millis', value: 0 },
      limit: 100,
    });
    fastest = Math.min(fastest, performance.now() - before);
    expect(rows).toHaveLength(turn % 2 === 0 ? 1 : 0);
  }
  return fastest;
}

it('whether a serial number was revoked, in any mount, costs the same among few certificates and many', async () => {
  const [few, many] = [await withCertificates(perCommit), await withCertificates(40 * perCommit)];
  const [fewMillis, manyMillis] = [await lookUpMillis(few), await lookUpMillis(many)];
  expect(manyMillis).toBeLessThan(5 * fewMillis + 0.1);
  await few.close();
  await many.close();
});
