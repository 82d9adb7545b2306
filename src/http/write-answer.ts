import type { StrongroomError } from '../lib/index.ts';
import { writeEnvelope, writeProblem, writeRefusal } from './envelope.ts';
import { statusOf } from './error-status.ts';
import type { Exchange } from './exchange.ts';
import type { WireAnswer } from './wire-answer.ts';

const json = { 'content-type': 'application/json', 'cache-control': 'no-store' };
const noBody = { 'cache-control': 'no-store' };
const problem = { 'content-type': 'application/problem+json', 'cache-control': 'no-store' };

/** The bytes of a successful answer. */
export function writeAnswer(exchange: Exchange): WireAnswer {
  const answer = exchange.answer ?? {};
  const { warnings } = exchange;
  const headers = answer.headers;
  if (answer.raw) {
    const type = {
      'content-type': answer.raw.contentType,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    };
    return { status: answer.status ?? 200, headers: { ...type, ...headers }, body: answer.raw.bytes };
  }
  if (answer.bare !== undefined) {
    return {
      status: answer.status ?? 200,
      headers: headers ? { ...json, ...headers } : json,
      body: `${JSON.stringify(answer.bare)}\n`,
    };
  }
  const empty = answer.data === undefined && answer.auth === undefined && answer.lease === undefined;
  if (empty && warnings.length === 0 && (answer.status ?? 204) === 204) {
    return { status: 204, headers: headers ? { ...noBody, ...headers } : noBody, body: null };
  }
  const status = answer.status === undefined || answer.status === 204 ? 200 : answer.status;
  return {
    status,
    headers: headers ? { ...json, ...headers } : json,
    body: writeEnvelope(exchange.id, answer, warnings),
  };
}

/** The bytes of a refusal. */
export function writeError(exchange: Exchange, error: StrongroomError): WireAnswer {
  const status = statusOf[error.code];
  const wantsProblem = exchange.incoming.headers.accept?.includes('application/problem+json') === true;
  const body = wantsProblem ? writeProblem(exchange.id, status, error) : writeRefusal(exchange.id, error);
  const retry = error.retryAfterSeconds === undefined ? {} : { 'retry-after': String(error.retryAfterSeconds) };
  // What was not read of the body must not be taken for the next request.
  const close = exchange.incoming.complete ? {} : { connection: 'close' };
  return { status, headers: { ...(wantsProblem ? problem : json), ...retry, ...close }, body };
}
