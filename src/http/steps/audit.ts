import {
  type AuditAuth,
  type AuditBroker,
  type AuditEntry,
  type AuditRequest,
  type Decision,
  type Principal,
  sealedError,
} from '../../core/index.ts';
import { formatTime, type StrongroomError } from '../../lib/index.ts';
import type { Exchange } from '../exchange.ts';

/** What both lines of an exchange share; the broker remembers their text by object. */
interface AuditParts {
  readonly auth: AuditAuth | undefined;
  readonly request: AuditRequest;
}

const parts = new WeakMap<Exchange, AuditParts>();
const none: ReadonlySet<string> = new Set();
const rootNamespace = { id: 'root', path: '' };

/**
 * Writes the opening record: nothing is done before it is written. The keys are there a moment before the audit log is
 * open, and a moment after it was closed; until it is open the server counts as sealed.
 */
export function openAudit(broker: () => AuditBroker | undefined): (exchange: Exchange) => Promise<void> | void {
  return (exchange) => {
    if (exchange.route?.whileSealed) return undefined;
    const log = broker();
    if (!log) throw sealedError();
    return writeOpening(log, exchange, undefined);
  };
}

/** The opening record of a request that was refused before it got that far. */
export async function openRefused(
  broker: AuditBroker | undefined,
  exchange: Exchange,
  error: StrongroomError,
): Promise<void> {
  if (broker) await writeOpening(broker, exchange, error);
}

function writeOpening(broker: AuditBroker, exchange: Exchange, error: StrongroomError | undefined): Promise<void> {
  const shared = describe(exchange);
  parts.set(exchange, shared);
  const entry: AuditEntry = { timeMillis: exchange.startedMillis, ...shared, ...(error && refusal(error)) };
  return broker.open(entry).then(() => {
    exchange.audited = true;
  });
}

const refusal = (error: StrongroomError): { error: string; outcome: string } => ({
  error: error.message === '' ? error.code.replaceAll('_', ' ') : error.message,
  outcome: error.code,
});

/** Writes the closing record: nothing is answered before it is written. */
export function closeAudit(broker: () => AuditBroker | undefined): (exchange: Exchange) => Promise<void> | void {
  return (exchange) => {
    if (!exchange.audited) return undefined;
    const log = broker();
    // Sealed meanwhile: what cannot be recorded is not answered.
    if (!log) throw sealedError();
    return log.close(closing(exchange, undefined));
  };
}

export async function closeRefused(
  broker: AuditBroker | undefined,
  exchange: Exchange,
  error: StrongroomError,
): Promise<void> {
  if (broker && exchange.audited) await broker.close(closing(exchange, error));
}

function closing(exchange: Exchange, error: StrongroomError | undefined): AuditEntry {
  const shared = parts.get(exchange) ?? describe(exchange);
  const { answer, mount } = exchange;
  const granted = answer?.auth;
  return {
    timeMillis: exchange.startedMillis,
    // Rights are known only after the opening record; the closing one shows which policy granted them.
    auth: exchange.decision && exchange.principal ? describePrincipal(exchange.principal, exchange) : shared.auth,
    request: shared.request,
    response: {
      ...(granted && {
        auth: {
          clientToken: granted.clientToken,
          accessor: granted.accessor,
          policies: granted.policies,
          tokenPolicies: granted.tokenPolicies,
          identityPolicies: granted.identityPolicies,
          ...(granted.metadata && { metadata: granted.metadata }),
          entityId: granted.entityId,
          tokenType: granted.tokenType,
          tokenTtlSeconds: granted.leaseSeconds,
          numUses: granted.usesLeft,
        },
      }),
      ...(answer?.lease && { leaseId: answer.lease.id }),
      data: answer?.raw ? answer.raw.bytes : (answer?.recorded ?? answer?.data ?? answer?.bare ?? undefined),
      clearKeys: mount ? clearKeys(mount.config.auditNonHmacResponseKeys) : none,
      warnings: exchange.warnings,
    },
    ...(error ? refusal(error) : { outcome: 'ok' }),
  };
}

const clearKeySets = new WeakMap<readonly string[], ReadonlySet<string>>();

function clearKeys(names: readonly string[]): ReadonlySet<string> {
  if (names.length === 0) return none;
  const set = clearKeySets.get(names) ?? new Set(names);
  clearKeySets.set(names, set);
  return set;
}

function describe(exchange: Exchange): AuditParts {
  const { mount, principal, connection, route } = exchange;
  return {
    auth: principal && describePrincipal(principal, exchange),
    request: {
      id: exchange.id,
      route: route?.id,
      clientId: principal ? principal.entityId || principal.credentialId : undefined,
      operation: exchange.help ? 'help' : exchange.operation,
      mount: mount && { point: mount.prefix, type: mount.type, accessor: mount.accessor, class: mount.kind },
      clientToken: exchange.credential,
      clientTokenAccessor: principal?.accessor,
      namespace: rootNamespace,
      path: exchange.path === '' ? pathAsSent(exchange) : exchange.path,
      data: exchange.bytes ?? (hasMembers(exchange.body) ? exchange.body : undefined),
      clearKeys: mount ? clearKeys(mount.config.auditNonHmacRequestKeys) : none,
      remoteAddress: connection.remoteAddress,
      remotePort: connection.remotePort,
      wrapTtlSeconds: exchange.wrapTtlSeconds,
    },
  };
}

/** A path that was refused stands as it was sent, without its query: values of a query are never in clear. */
const pathAsSent = ({ incoming }: Exchange): string => (incoming.url ?? '').split('?', 1)[0]?.slice(0, 512) ?? '';

function hasMembers(body: object): boolean {
  for (const _ in body) return true;
  return false;
}

/** Descriptions by principal and what was decided: the same ones come again, and the log remembers their text. */
const described = new WeakMap<Principal, Map<Decision | undefined, AuditAuth>>();
/** A few policies decide on most paths. */
const maxDescribed = 8;

function describePrincipal(principal: Principal, exchange: Exchange): AuditAuth {
  const { decision } = exchange;
  let known = described.get(principal);
  if (known === undefined) {
    known = new Map();
    described.set(principal, known);
  }
  let auth = known.get(decision);
  if (auth === undefined || auth.clientToken !== exchange.credential) {
    auth = describeAnew(principal, exchange);
    if (known.size >= maxDescribed) known.clear();
    known.set(decision, auth);
  }
  return auth;
}

function describeAnew(principal: Principal, exchange: Exchange): AuditAuth {
  const { decision } = exchange;
  return {
    clientToken: exchange.credential,
    accessor: principal.accessor,
    displayName: principal.displayName,
    policies: principal.policies,
    tokenPolicies: principal.tokenPolicies,
    identityPolicies: principal.identityPolicies,
    ...(decision && { policyResults: { allowed: decision.allowed, grantingPolicies: decision.grantingPolicies } }),
    ...(principal.metadata && { metadata: principal.metadata }),
    entityId: principal.entityId,
    tokenType: principal.tokenType,
    tokenTtlSeconds: principal.token?.body.creationTtlSeconds,
    tokenIssueTime: formatTime(principal.issuedMillis),
    remainingUses: principal.usesLeft,
    ...(principal.kind !== 'token' && { credentialId: principal.credentialId }),
  };
}
