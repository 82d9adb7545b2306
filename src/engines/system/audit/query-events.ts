import { type Answer, type AuditBroker, type AuditFilter, type Core, queryAuditLog } from '../../../core/index.ts';
import { StrongroomError } from '../../../lib/index.ts';

export interface QueryFields {
  readonly operation?: string | undefined;
  readonly entity_id?: string | undefined;
  readonly accessor?: string | undefined;
  readonly credential_id?: string | undefined;
  readonly path?: string | undefined;
  readonly address?: string | undefined;
  /** Milliseconds since 1970. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  readonly outcome?: string | undefined;
  readonly limit?: number | undefined;
  readonly after?: string | undefined;
}

const usualLimit = 100;
const largestLimit = 1_000;

/** Closing lines of the log that match, newest first. */
export async function queryEvents(core: Core, broker: AuditBroker, fields: QueryFields): Promise<Answer> {
  const limit = fields.limit ?? usualLimit;
  if (limit < 1 || limit > largestLimit) {
    throw new StrongroomError('invalid_field', 'limit is out of range', { hint: `1 to ${largestLimit}` });
  }
  const { events, next } = await queryAuditLog({
    file: logFile(broker),
    filter: readFilter(fields),
    limit,
    after: fields.after || undefined,
    hash: (text) => broker.hash(text),
    clock: core.clock,
  });
  return {
    data: { events: [...events], ...(next !== undefined && { next }) },
    recorded: { events: events.length },
  };
}

function readFilter(fields: QueryFields): AuditFilter {
  return {
    operation: fields.operation,
    entityId: fields.entity_id,
    accessor: fields.accessor,
    credentialId: fields.credential_id,
    path: fields.path,
    address: fields.address,
    sinceMillis: fields.since,
    untilMillis: fields.until,
    outcome: fields.outcome,
  };
}

/** What goes to a socket or to standard output cannot be read back. */
function logFile(broker: AuditBroker): string {
  for (const { target } of broker.list()) if (target.kind === 'file') return target.filePath;
  throw new StrongroomError('invalid_request', 'no audit device writes to a file', {
    hint: 'add an "audit" stanza of type "file" to the configuration',
  });
}
