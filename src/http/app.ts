import type { IncomingMessage, ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
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
  const beside = getRequestListener(createApp().fetch, { overrideGlobalObjects: false });
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

/** What is served beside the API: nothing yet but where the API is. */
function createApp(): Hono {
  const app = new Hono();
  app.notFound((context) =>
    context.json({ errors: [], code: 'no_route', hint: 'everything is served below /v1/' }, 404, {
      'cache-control': 'no-store',
    }),
  );
  return app;
}
