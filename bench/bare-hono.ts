/** The floor: Hono with one handler that answers a text of the size a token look-up has. Prints its port. */
import { serve } from '@hono/node-server';
import { Hono } from 'hono';

const body = JSON.stringify({ request_id: 'x'.repeat(36), data: { text: 'y'.repeat(560) } });
const app = new Hono();
app.all(
  '*',
  () => new Response(body, { headers: { 'content-type': 'application/json', 'cache-control': 'no-store' } }),
);
serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => console.log(port));
