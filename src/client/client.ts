import { type ApiKeysArea, apiKeysArea } from './areas/api-keys.ts';
import { type AuditArea, auditArea } from './areas/audit.ts';
import { type CredentialsArea, credentialsArea } from './areas/credentials.ts';
import { type KvArea, kvArea } from './areas/kv.ts';
import { type LoginsArea, loginsArea } from './areas/logins.ts';
import { type PatsArea, patsArea } from './areas/pats.ts';
import { type PkiArea, pkiArea } from './areas/pki.ts';
import { type PoliciesArea, policiesArea } from './areas/policies.ts';
import { type SysArea, sysArea } from './areas/sys.ts';
import { type TokensArea, tokensArea } from './areas/tokens.ts';
import { type ClientOptions, type Connection, openConnection, type RequestOptions } from './connection.ts';
import type { Answer, BodyValue, WireObject } from './wire.ts';

/** A client of one server. Holds no state but its connections; `close` ends them. */
export interface Client extends Connection {
  get<Data = WireObject | null>(path: string, options?: RequestOptions): Promise<Answer<Data>>;
  list<Data = { readonly keys: readonly string[] }>(path: string, options?: RequestOptions): Promise<Answer<Data>>;
  post<Data = WireObject | null>(path: string, body?: BodyValue, options?: RequestOptions): Promise<Answer<Data>>;
  /** JSON merge patch (RFC 7396). */
  patch<Data = WireObject | null>(path: string, body: BodyValue, options?: RequestOptions): Promise<Answer<Data>>;
  /** Parameters go in the query: servers ignore the body of a DELETE. */
  delete<Data = WireObject | null>(path: string, options?: RequestOptions): Promise<Answer<Data>>;
  readonly sys: SysArea;
  readonly logins: LoginsArea;
  readonly tokens: TokensArea;
  readonly apiKeys: ApiKeysArea;
  readonly pats: PatsArea;
  readonly pki: PkiArea;
  readonly policies: PoliciesArea;
  readonly kv: KvArea;
  readonly audit: AuditArea;
  readonly credentials: CredentialsArea;
}

/**
 * Makes a client. Nothing is sent yet.
 * Throws `StrongroomError` `invalid_field` for an address, certificate or key that cannot be used.
 */
export function createClient(options: ClientOptions): Client {
  const connection = openConnection(options);
  return {
    ...connection,
    get: (path, request) => connection.request('GET', path, undefined, request),
    list: (path, request) => connection.request('LIST', path, undefined, request),
    post: (path, body, request) => connection.request('POST', path, body, request),
    patch: (path, body, request) => connection.request('PATCH', path, body, request),
    delete: (path, request) => connection.request('DELETE', path, undefined, request),
    sys: sysArea(connection),
    logins: loginsArea(connection),
    tokens: tokensArea(connection),
    apiKeys: apiKeysArea(connection),
    pats: patsArea(connection),
    pki: pkiArea(connection),
    policies: policiesArea(connection),
    kv: kvArea(connection),
    audit: auditArea(connection),
    credentials: credentialsArea(connection),
  };
}
