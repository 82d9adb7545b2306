import type { Connection } from '../connection.ts';
import type { Answer } from '../wire.ts';

export interface Policy {
  readonly name: string;
  /** HCL or JSON text. */
  readonly policy: string;
  readonly version?: number;
}

export interface PoliciesArea {
  list(): Promise<Answer<{ readonly keys: readonly string[] }>>;
  read(name: string): Promise<Answer<Policy>>;
  /** Makes or replaces a policy; names are lower-cased by the server. */
  write(name: string, policy: string): Promise<Answer<null>>;
  delete(name: string): Promise<Answer<null>>;
}

export function policiesArea({ request }: Connection): PoliciesArea {
  return {
    list: () => request('LIST', 'sys/policies/acl'),
    read: (name) => request('GET', `sys/policies/acl/${name}`),
    write: (name, policy) => request('POST', `sys/policies/acl/${name}`, { policy }),
    delete: (name) => request('DELETE', `sys/policies/acl/${name}`),
  };
}
