import type { Connection } from '../connection.ts';
import { mountPath } from '../request-path.ts';
import type { Answer, WireObject } from '../wire.ts';

export interface AuditDevice {
  readonly type: string;
  readonly description: string;
  readonly path: string;
  readonly local: boolean;
  readonly options: Readonly<Record<string, string>> | null;
}

export interface AuditQuery {
  readonly operation?: string | undefined;
  readonly entity_id?: string | undefined;
  readonly accessor?: string | undefined;
  readonly credential_id?: string | undefined;
  readonly path?: string | undefined;
  readonly address?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly outcome?: string | undefined;
  readonly limit?: number | undefined;
  readonly after?: string | undefined;
}

export interface AuditArea {
  list(): Promise<Answer<Readonly<Record<string, AuditDevice>>>>;
  /** The keyed digest under which a value stands in the log of this device. */
  hash(path: string, input: string): Promise<Answer<{ readonly hash: string }>>;
  /** Who created what: events as in the log. */
  query(filter: AuditQuery): Promise<Answer<{ readonly events: readonly WireObject[]; readonly next?: string }>>;
}

export function auditArea({ request }: Connection): AuditArea {
  return {
    list: () => request('GET', 'sys/audit'),
    hash: (path, input) => request('POST', `sys/audit-hash/${mountPath(path)}`, { input }),
    query: (filter) => request('GET', 'sys/audit/query', undefined, { query: { ...filter } }),
  };
}
