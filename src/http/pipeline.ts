import type { IncomingMessage } from 'node:http';
import type { AuditBroker, Connection, CredentialResolver, Log, MountRouter, Seal } from '../core/index.ts';
import { type Clock, StrongroomError } from '../lib/index.ts';
import { publicError, statusOf } from './error-status.ts';
import { type Exchange, newExchange } from './exchange.ts';
import { closeAudit, closeRefused, openAudit, openRefused } from './steps/audit.ts';
import { authenticate } from './steps/authenticate.ts';
import { authorise } from './steps/authorise.ts';
import { checkLimits } from './steps/check-limits.ts';
import { checkSeal } from './steps/check-seal.ts';
import { findRoute } from './steps/find-route.ts';
import { handle } from './steps/handle.ts';
import { lookAgain } from './steps/look-again.ts';
import { prepareRequest } from './steps/prepare-request.ts';
import { receiveBody } from './steps/receive-body.ts';
import type { WireAnswer } from './wire-answer.ts';
import { writeAnswer, writeError } from './write-answer.ts';

export interface PipelineParts {
  readonly seal: Seal;
  readonly router: MountRouter;
  readonly clock: Clock;
  /** A fresh UUID for each request. */
  readonly newRequestId: () => string;
  readonly log: Log;
  /** Undefined while sealed: there is no key to hash with. */
  readonly audit: () => AuditBroker | undefined;
  readonly resolvers: () => readonly CredentialResolver[];
  /** Full paths that are served while sealed. */
  readonly whileSealed: ReadonlySet<string>;
  readonly describeConnection: (incoming: IncomingMessage) => Connection;
  readonly maxBodyBytes: number;
}

type Step = (exchange: Exchange) => Promise<void> | void;

/**
 * What every request passes through, from top to bottom; nothing is registered anywhere else. A step that throws ends
 * the walk: the refusal is audited and answered.
 */
function steps(parts: PipelineParts): readonly Step[] {
  const find = findRoute(parts.router);
  return [
    checkLimits,
    checkSeal(parts.seal, parts.whileSealed),
    find,
    receiveBody(parts.maxBodyBytes),
    lookAgain(parts.clock, parts.router, find),
    authenticate(parts.resolvers),
    prepareRequest,
    openAudit(parts.audit),
    authorise,
    handle(parts.router),
    closeAudit(parts.audit),
    ({ answer }) => answer?.afterAudit?.(),
  ];
}

/** Builds the function that answers one request. It never rejects. */
export function createPipeline(parts: PipelineParts): (incoming: IncomingMessage) => Promise<WireAnswer> {
  const walk = steps(parts);
  return async (incoming) => {
    const id = parts.newRequestId();
    const exchange = newExchange(incoming, nowhere, id, parts.clock.nowMillis());
    try {
      exchange.connection = parts.describeConnection(incoming);
      for (const step of walk) {
        const waiting = step(exchange);
        if (waiting !== undefined) await waiting;
      }
      return writeAnswer(exchange);
    } catch (thrown) {
      return refuse(parts, exchange, thrown);
    }
  };
}

const nowhere: Connection = { remoteAddress: '', remotePort: 0, encrypted: false, clientCertificates: () => [] };

async function refuse(parts: PipelineParts, exchange: Exchange, thrown: unknown): Promise<WireAnswer> {
  let error = publicError(thrown);
  report(parts.log, exchange, error);
  try {
    const broker = exchange.route?.whileSealed ? undefined : parts.audit();
    if (!exchange.audited && error.code !== 'audit_unavailable') await openRefused(broker, exchange, error);
    await closeRefused(broker, exchange, error);
  } catch (failure) {
    error = publicError(failure);
    report(parts.log, exchange, error);
  }
  return writeError(exchange, error);
}

/** Records a request that the listener refused by itself, as far as it was understood. Never rejects. */
export function createRefusalRecorder(
  parts: PipelineParts,
): (incoming: IncomingMessage, requestId: string, error: StrongroomError) => Promise<void> {
  return async (incoming, requestId, error) => {
    const exchange = newExchange(incoming, nowhere, requestId, parts.clock.nowMillis());
    try {
      exchange.connection = parts.describeConnection(incoming);
      understand(exchange);
      await openRefused(parts.audit(), exchange, error);
      await closeRefused(parts.audit(), exchange, error);
    } catch (failure) {
      report(parts.log, exchange, publicError(failure));
    }
  };
}

/** Path and verb, where they can be read: what cannot was refused for it. */
function understand(exchange: Exchange): void {
  try {
    checkLimits(exchange);
  } catch (error) {
    if (!(error instanceof StrongroomError)) throw error;
  }
}

/** What is our fault goes to the log with its reason; what is the caller's does not fill it. */
function report(log: Log, exchange: Exchange, error: StrongroomError): void {
  if (statusOf[error.code] < 500) return;
  const fields = {
    request_id: exchange.id,
    route: exchange.route?.id,
    code: error.code,
    cause: describeCause(error.cause),
  };
  if (error.code === 'sealed' || error.code === 'not_initialized') log.debug(fields, 'refused while sealed');
  else log.error(fields, 'request failed');
}

function describeCause(cause: unknown): string | undefined {
  if (cause instanceof Error) return cause.stack?.split('\n').slice(0, 6).join(' | ') ?? cause.message;
  return typeof cause === 'string' ? cause : undefined;
}
