import type { SecretText } from '../../lib/index.ts';
import type { Connection } from '../connection.ts';
import { mountPath, pathSegment } from '../request-path.ts';
import type { Answer } from '../wire.ts';

export interface LoginsArea {
  /** Logs in with a password. The token is `answer.auth.client_token`. */
  userpass(name: string, password: SecretText, mount?: string): Promise<Answer<null>>;
  /** Logs in with the client certificate of the connection; `role` tries that role alone. */
  cert(role?: string, mount?: string): Promise<Answer<null>>;
  appRole(roleId: string, secretId: SecretText | undefined, mount?: string): Promise<Answer<null>>;
}

export function loginsArea({ request }: Connection): LoginsArea {
  const logIn = (mount: string, rest: string, body: Parameters<typeof request>[2]) =>
    request<null>('POST', `auth/${mountPath(mount)}/${rest}`, body, { token: null });
  return {
    userpass: (name, password, mount = 'userpass') => logIn(mount, `login/${pathSegment(name)}`, { password }),
    cert: (role, mount = 'cert') => logIn(mount, 'login', { name: role }),
    appRole: (roleId, secretId, mount = 'approle') => logIn(mount, 'login', { role_id: roleId, secret_id: secretId }),
  };
}
