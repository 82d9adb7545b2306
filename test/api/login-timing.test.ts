import { afterAll, beforeAll, expect, it } from 'vitest';
import { mannWhitney, median } from '../harness/rank-sum.ts';
import { startServer, type TestServer } from '../harness/server.ts';

const isLong = process.env['STRONGROOM_TEST_LENGTH'] === 'long';
const rounds = isLong ? 2_000 : 30;
/** Chance finds a difference once in a hundred runs at 0.01, which is too often for every day. */
const significance = isLong ? 0.01 : 0.000_1;

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
  const mount = (path: string, lockout: object) =>
    server.root('POST', `sys/auth/${path}`, { type: 'userpass', config: { user_lockout_config: lockout } } as never);
  expect((await mount('people', { lockout_disable: true })).status).toBe(204);
  expect((await mount('strict', { lockout_threshold: 1 })).status).toBe(204);
  for (const name of ['people/users/there', 'people/users/disabled', 'strict/users/locked']) {
    expect((await server.root('POST', `auth/${name}`, { password: 'correct horse' })).status).toBe(204);
  }
  const { auth } = (await logIn('people', 'disabled', 'correct horse')).json;
  await server.root('POST', `identity/entity/id/${auth.entity_id}`, { disabled: true });
  expect((await logIn('people', 'disabled', 'correct horse')).status).toBe(403);
  expect((await logIn('strict', 'locked', 'wrong horse')).status).toBe(400);
  expect((await logIn('strict', 'locked', 'correct horse')).status).toBe(403);
});
afterAll(() => server.stop());

const logIn = (mount: string, name: string, password: string) =>
  server.call('POST', `auth/${mount}/login/${name}`, { body: { password } });

it(`USR-01: the time of a log-in does not tell a name that is there from one that is not, disabled or locked`, {
  timeout: rounds * 4 * 500,
  // What else the machine does comes and goes; a difference that is real is there each time.
  retry: isLong ? 0 : 2,
}, async () => {
  const who = { there: 'people', missing: 'people', disabled: 'people', locked: 'strict' } as const;
  const names = Object.keys(who) as (keyof typeof who)[];
  const millis: Record<keyof typeof who, number[]> = { there: [], missing: [], disabled: [], locked: [] };
  for (let round = 0; round < rounds; round += 1) {
    // Each round in another order, so that nobody always comes after the same one.
    for (let turn = 0; turn < names.length; turn += 1) {
      const name = names[(turn + round) % names.length] as keyof typeof who;
      const from = performance.now();
      const { status } = await logIn(who[name], name, 'wrong horse');
      millis[name].push(performance.now() - from);
      expect(status).toBe(name === 'locked' ? 403 : 400);
    }
  }
  for (const name of ['missing', 'disabled', 'locked'] as const) {
    const ratio = median(millis[name]) / median(millis.there);
    expect(Math.abs(ratio - 1), `${name}: ${ratio}`).toBeLessThan(isLong ? 0.05 : 0.15);
    expect(mannWhitney(millis[name], millis.there), name).toBeGreaterThan(significance);
  }
});
