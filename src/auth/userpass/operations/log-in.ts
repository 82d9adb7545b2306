import type {
  Answer,
  AuthBlock,
  Core,
  EngineRequest,
  Mount,
  RecordCollection,
  StoredRecord,
  Turns,
} from '../../../core/index.ts';
import { type SecretText, StrongroomError } from '../../../lib/index.ts';
import { isGuardFailure } from '../../../store/index.ts';
import type { Lockout } from '../lockout.ts';
import type { PasswordChecks } from '../password-checks.ts';
import type { UserRecord } from '../records.ts';
import { readUserName, requirePassword } from '../user-name.ts';

export interface LoginParts {
  readonly core: Core;
  readonly users: RecordCollection<UserRecord>;
  readonly checks: PasswordChecks;
  readonly lockout: Lockout;
  readonly turns: Turns;
}

const maxAttempts = 3;

/** One text for a wrong name and a wrong password. */
const refused = (): StrongroomError =>
  new StrongroomError('login_failed', 'invalid username or password', {
    hint: 'check both; after five wrong ones the name is locked for a while',
  });

/** A name that is locked costs the time of a password as well: the clock tells no more than the answers do. */
async function takeAttempt(
  { lockout, checks }: LoginParts,
  mount: Mount,
  name: string,
  password: SecretText,
): Promise<{ readonly last: boolean }> {
  try {
    return await lockout.takeAttempt(mount, name);
  } catch (error) {
    await checks.verify(password, undefined);
    throw error;
  }
}

/** Checks name and password, and answers a token. Log-ins under one name take turns. */
export async function logIn(
  parts: LoginParts,
  request: EngineRequest<{ readonly username: string; readonly password?: string | undefined }>,
): Promise<Answer> {
  const password = requirePassword(request.fields.password ?? '');
  const name = readUserName(request.fields.username);
  if (name === undefined) {
    await parts.checks.verify(password, undefined);
    throw refused();
  }
  return parts.turns.take(`${request.mount.id}/${name}`, async () => {
    const { last } = await takeAttempt(parts, request.mount, name, password);
    for (let attempt = 1; ; attempt += 1) {
      const user = await parts.users.read(request.mount, name);
      if (!(await parts.checks.verify(password, user?.body.passwordHash)) || !user) {
        if (last) await parts.lockout.lock(request.mount, name);
        throw refused();
      }
      try {
        return { auth: await issueTo(parts, request, name, user) };
      } catch (error) {
        if (!isGuardFailure(error) || attempt >= maxAttempts) throw error;
      }
    }
  });
}

/** Fails when the user was deleted, or changed, since the password was looked at. */
function issueTo(
  { core, users, lockout }: LoginParts,
  request: Pick<EngineRequest, 'mount' | 'namespace' | 'path' | 'connection' | 'warn'>,
  name: string,
  user: StoredRecord<UserRecord>,
): Promise<AuthBlock> {
  const { mount } = request;
  return core.logins.issue(request, {
    parameters: user.body.parameters,
    displayName: `${mount.path.replace(/\/$/, '').replaceAll('/', '-')}-${name}`,
    metadata: { username: name },
    alias: name,
    internal: { username: name },
    changes: [users.unchanged(mount, user), lockout.forgive(mount, name)],
  });
}
