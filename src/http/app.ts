import type { IncomingMessage, ServerResponse } from 'node:http';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { sendAnswer, type WireAnswer } from './wire-answer.ts';

const apiPrefix = '/v1/';

/**
 * What a listener calls. The API goes straight to the pipeline, which finds its routes by mount: a `Request` and a
 * `Response` object a request would cost a sixth of a token look-up. Everything beside the API is Hono's.
 */
export function createRequestListener(
  answer: (incoming: IncomingMessage) => Promise<WireAnswer>,
): (incoming: IncomingMessage, outgoing: ServerResponse) => void {
  const beside = getRequestListener(createApp(answer).fetch, { overrideGlobalObjects: false });
  return (incoming, outgoing) => {
    if (incoming.url?.startsWith(apiPrefix)) {
      answer(incoming)
        .then((wire) => sendAnswer(outgoing, wire))
        // The pipeline never rejects; if it did, half an answer would be worse than none.
        .catch(() => outgoing.destroy());
      return;
    }
    void beside(incoming, outgoing);
  };
}

/** What is served beside the API: nothing yet. What is refused here is recorded as everything else that is refused. */
function createApp(answer: (incoming: IncomingMessage) => Promise<WireAnswer>): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.notFound(async (context) => {
    const { status, headers, body } = await answer(context.env.incoming);
    const text = typeof body === 'string' || body === null ? body : Buffer.from(body).toString('utf8');
    return new Response(context.req.method === 'HEAD' ? null : text, { status, headers });
  });
  return app;
}
