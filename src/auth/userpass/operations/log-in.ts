import type { Answer, Core, EngineRequest, Mount, RecordCollection, Turns } from '../../../core/index.ts';
import { type SecretText, StrongroomError } from '../../../lib/index.ts';
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
    const user = await parts.users.read(request.mount, name);
    if (!(await parts.checks.verify(password, user?.body.passwordHash)) || !user) {
      if (last) await parts.lockout.lock(request.mount, name);
      throw refused();
    }
    const auth = await parts.core.logins.issue(request, {
      parameters: user.body.parameters,
      displayName: `${request.mount.path.replace(/\/$/, '').replaceAll('/', '-')}-${name}`,
      metadata: { username: name },
      alias: name,
      internal: { username: name },
      changes: [parts.lockout.forgive(request.mount, name)],
    });
    return { auth };
  });
}
