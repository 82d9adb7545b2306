import type { IncomingMessage } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { createPipeline, type PipelineParts } from './pipeline.ts';

/** The HTTP application: one catch-all in front of the pipeline. Routes are found by mount, not by Hono. */
export function createApp(parts: PipelineParts): Hono<{ Bindings: HttpBindings }> {
  const answer = createPipeline(parts);
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.all('*', (context) => answer(context.env.incoming as IncomingMessage));
  return app;
}
