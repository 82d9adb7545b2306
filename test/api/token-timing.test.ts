import { randomInt } from 'node:crypto';
import { expect, it } from 'vitest';
import { mannWhitney, median } from '../harness/rank-sum.ts';
import { startServer } from '../harness/server.ts';

const isLong = process.env['STRONGROOM_TEST_LENGTH'] === 'long';
const rounds = isLong ? 100_000 : 3_000;
const significance = isLong ? 0.01 : 0.000_1;

it('TOK-03: the time of a refusal does not tell how much of a token was right', { timeout: 600_000 }, async () => {
  const server = await startServer();
  const made = await server.root('POST', 'auth/token/create', { ttl: '24h' });
  const token: string = made.json.auth.client_token;
  const secretAt = token.indexOf('.') + 1;
  /** The token with so many characters right and the next one wrong. */
  const guess = (right: number): string => {
    const at = secretAt + right;
    return token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
  };
  const guesses = [0, 8, token.length - secretAt - 1].map(guess);
  const orders = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ];
  const micros: number[][] = guesses.map(() => []);
  for (let round = -200; round < rounds; round += 1) {
    // In an order of their own each round: what went before leaves its traces in the caches.
    for (const which of orders[randomInt(orders.length)] ?? []) {
      const from = performance.now();
      const { status } = await server.call('GET', 'auth/token/lookup-self', { token: guesses[which] as string });
      // The first ones find code that is not compiled yet.
      if (round >= 0) micros[which]?.push((performance.now() - from) * 1000);
      expect(status).toBe(403);
    }
  }
  const [none = [], ...others] = micros;
  for (const other of others) {
    expect(mannWhitney(other, none), `${median(other)} against ${median(none)} µs`).toBeGreaterThan(significance);
  }
  await server.stop();
});
