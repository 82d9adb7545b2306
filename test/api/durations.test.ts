import { afterAll, beforeAll, expect, test } from 'vitest';
import { startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server.stop());

test.each([
  ['30m', 1_800],
  ['1h30m', 5_400],
  ['7d', 604_800],
  ['90', 90],
  [90, 90],
  ['1.5h', 5_400],
  [' 90s ', 90],
  ['2000ms', 2],
])('a duration %s is %d seconds', async (ttl, seconds) => {
  const { json } = await server.root('POST', 'auth/token/create', { ttl });
  expect(json['auth']).toMatchObject({ lease_duration: seconds });
});

test.each([
  ['9999999h', /too long: at most 2562047h/],
  ['99999999999', /too long: at most 2562047h/],
  ['999999d', /too long: at most 2562047h/],
  ['-1s', /negative/],
  [-1, /negative/],
  ['-9999999h', /negative/],
  ['garbage', /error parsing duration: .*"1h30m"/],
  ['1h 30m', /error parsing duration/],
  ['1w', /error parsing duration/],
  ['h', /error parsing duration/],
  [1.5, /error parsing duration/],
  [['1h'], /error parsing duration/],
])('a duration %j is refused for what is wrong with it', async (ttl, why) => {
  const { status, json } = await server.root('POST', 'auth/token/create', { ttl });
  expect(status).toBe(400);
  expect(json['hint']).toMatch(/^ttl: /);
  expect(json['hint']).toMatch(why);
});
