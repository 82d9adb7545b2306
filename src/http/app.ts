import type { IncomingMessage } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';

/** The HTTP application: one catch-all in front of the pipeline. Routes are found by mount, not by Hono. */
export function createApp(answer: (incoming: IncomingMessage) => Promise<Response>): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.all('*', (context) => answer(context.env.incoming as IncomingMessage));
  return app;
}
