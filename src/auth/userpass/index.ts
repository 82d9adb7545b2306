import { type Core, type Engine, type LoginLimits, type Mount, RecordCollection, Turns } from '../../core/index.ts';
import { StrongroomError } from '../../lib/index.ts';
import { Lockout } from './lockout.ts';
import type { LoginParts } from './operations/log-in.ts';
import { PasswordChecks } from './password-checks.ts';
import type { UserRecord } from './records.ts';
import { userpassRoutes } from './routes.ts';
import { requireUserName } from './user-name.ts';

/** People who log in with a name and a password. */
export function createUserpassMethod(core: Core): Engine {
  const users = new RecordCollection<UserRecord>(core, 'userpass-users');
  const parts: LoginParts = {
    core,
    users,
    checks: new PasswordChecks(core.random),
    lockout: new Lockout(core),
    turns: new Turns(),
  };
  return {
    type: 'userpass',
    kind: 'auth',
    description: 'user name and password',
    routes: userpassRoutes(parts),
    lockouts: {
      list: (mount, limit) => parts.lockout.list(mount, limit),
      unlock: (mount, name) => parts.lockout.unlock(mount, requireUserName(name)),
    },
    confirmLogin: (token, mount) =>
      confirmLogin(users, token.body.internal['username'] ?? '', token.body.policies, mount),
    currentPolicies: async (alias, mount) => {
      const user = await users.read(mount, alias.name);
      return user && withDefault(user.body);
    },
  };
}

const withDefault = ({ parameters }: UserRecord): readonly string[] =>
  parameters.noDefaultPolicy
    ? parameters.policies.filter((name) => name !== 'default')
    : [...new Set([...parameters.policies, 'default'])].sort();

/** A log-in is renewed while the user is there and would get the same policies now. */
async function confirmLogin(
  users: RecordCollection<UserRecord>,
  name: string,
  policies: readonly string[],
  mount: Mount,
): Promise<LoginLimits> {
  const user = await users.read(mount, name);
  const refuse = (message: string): never => {
    throw new StrongroomError('invalid_request', message, { hint: 'log in again' });
  };
  if (!user) return refuse('user no longer exists, not renewing');
  if (withDefault(user.body).join() !== policies.join()) return refuse('policies have changed, not renewing');
  const { ttlSeconds, maxTtlSeconds, periodSeconds, explicitMaxSeconds } = user.body.parameters;
  return { ttlSeconds, maxTtlSeconds, periodSeconds, explicitMaxSeconds };
}
