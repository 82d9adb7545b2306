import type { IncomingMessage } from 'node:http';
import type {
  Answer,
  AnyRoute,
  Connection,
  Decision,
  EngineRequest,
  Mount,
  Operation,
  Principal,
} from '../core/index.ts';
import type { JsonObject, StrongroomError } from '../lib/index.ts';

/**
 * One request on its way through the pipeline, and what each step has found out. Members are filled from top to bottom
 * in the order of the steps; a step relies only on those before it.
 */
export interface Exchange {
  readonly incoming: IncomingMessage;
  readonly startedMillis: number;
  /** The time by which ends are judged: when all of the request had come. */
  nowMillis: number;
  /** Request id. */
  id: string;
  connection: Connection;
  // limits
  path: string;
  trailingSlash: boolean;
  operation: Operation;
  help: boolean;
  query: JsonObject;
  // route
  namespace: string;
  mount: Mount | undefined;
  relativePath: string;
  route: AnyRoute | undefined;
  /** Why there is no route; told only to those who may know. */
  routeError: StrongroomError | undefined;
  captures: Readonly<Record<string, string>>;
  // receive
  body: JsonObject;
  bytes: Buffer | undefined;
  bodyError: StrongroomError | undefined;
  fieldError: StrongroomError | undefined;
  wrapTtlSeconds: number | undefined;
  credential: string | undefined;
  request: EngineRequest | undefined;
  // authenticate
  principal: Principal | undefined;
  // authorise
  decision: Decision | undefined;
  /** What each rule set of the principal decided; `decision` is the last of them. */
  decisions: readonly Decision[];
  // audit
  audited: boolean;
  // handle
  warnings: string[];
  answer: Answer | undefined;
}

export function newExchange(
  incoming: IncomingMessage,
  connection: Connection,
  id: string,
  nowMillis: number,
): Exchange {
  return {
    incoming,
    startedMillis: nowMillis,
    nowMillis,
    id,
    connection,
    path: '',
    trailingSlash: false,
    operation: 'read',
    help: false,
    query: {},
    namespace: 'root',
    mount: undefined,
    relativePath: '',
    route: undefined,
    routeError: undefined,
    captures: {},
    body: {},
    bytes: undefined,
    bodyError: undefined,
    fieldError: undefined,
    wrapTtlSeconds: undefined,
    credential: undefined,
    request: undefined,
    principal: undefined,
    decision: undefined,
    decisions: [],
    audited: false,
    warnings: [],
    answer: undefined,
  };
}
