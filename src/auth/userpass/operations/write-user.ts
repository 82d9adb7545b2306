import {
  type Core,
  type EngineRequest,
  type Mount,
  type Principal,
  type RecordCollection,
  readTokenParameters,
  revokeWhere,
  sanitizePolicyNames,
  type Turns,
} from '../../../core/index.ts';
import { StrongroomError } from '../../../lib/index.ts';
import { type Change, isGuardFailure } from '../../../store/index.ts';
import type { Lockout } from '../lockout.ts';
import type { PasswordChecks } from '../password-checks.ts';
import type { UserRecord } from '../records.ts';
import { requirePassword, requireUserName } from '../user-name.ts';

export interface UserParts {
  readonly core: Core;
  readonly users: RecordCollection<UserRecord>;
  readonly checks: PasswordChecks;
  readonly lockout: Lockout;
  readonly turns: Turns;
}

type UserFields = Parameters<typeof readTokenParameters>[0] & {
  readonly username: string;
  readonly password?: string | undefined;
  readonly password_hash?: string | undefined;
};

const maxAttempts = 20;

function refuseHash(fields: { readonly password_hash?: string | undefined }): void {
  if (fields.password_hash === undefined || fields.password_hash === '') return;
  throw new StrongroomError('invalid_field', 'password_hash is not supported', {
    hint: 'send "password": it is hashed here, by Argon2id',
  });
}

/** Makes a user, or changes what was sent of one. */
export async function writeUser(parts: UserParts, request: EngineRequest<UserFields>): Promise<void> {
  const { fields, mount } = request;
  refuseHash(fields);
  const name = requireUserName(fields.username);
  const passwordHash =
    fields.password === undefined ? undefined : await parts.checks.hash(requirePassword(fields.password));
  const decide = (previous: UserRecord | undefined): UserRecord => {
    const hash = passwordHash ?? previous?.passwordHash;
    if (hash === undefined)
      throw new StrongroomError('missing_field', 'missing password', { hint: 'a new user needs one' });
    return {
      name,
      passwordHash: hash,
      parameters: readTokenParameters(fields, previous?.parameters),
      createdMillis: previous?.createdMillis ?? request.nowMillis,
    };
  };
  await changeUser(parts, mount, name, decide, { endsSessions: passwordHash !== undefined });
}

/** A new password ends every log-in made with the old one. A user who changes their own shows the old one. */
export async function changePassword(
  parts: UserParts,
  request: EngineRequest<{
    readonly username: string;
    readonly password?: string | undefined;
    readonly old_password?: string | undefined;
    readonly password_hash?: string | undefined;
  }>,
): Promise<void> {
  const { fields, mount, principal } = request;
  refuseHash(fields);
  const name = requireUserName(fields.username);
  const password = requirePassword(fields.password ?? '');
  const user = await parts.users.read(mount, name);
  if (!user) throw new StrongroomError('invalid_request', 'username does not exist', { hint: 'make the user first' });
  const isOwn = principal !== undefined && (await actsFor(parts.core, mount, name, principal));
  const known = isOwn ? await requireOldPassword(parts, mount, user.body, fields.old_password ?? '') : undefined;
  const passwordHash = await parts.checks.hash(password);
  const decide = (previous: UserRecord | undefined): UserRecord | undefined => {
    // Changed by somebody else since the old one was looked at.
    if (previous && known !== undefined && previous.passwordHash !== known) throw oldPasswordRefused();
    return previous && { ...previous, passwordHash };
  };
  const changes = isOwn ? [parts.lockout.forgive(mount, name)] : [];
  await changeUser(parts, mount, name, decide, { endsSessions: true, changes });
}

const oldPasswordRefused = (): StrongroomError =>
  new StrongroomError('login_failed', 'the old password is wrong or missing', {
    hint: 'send "old_password" to change your own',
  });

/** Whether a caller is a user, or something that the user made: a token below the log-in, an orphan, a PAT. */
async function actsFor(core: Core, mount: Mount, name: string, principal: Principal): Promise<boolean> {
  const { token, entityId } = principal;
  if (token?.mount === mount.accessor && token.body.internal['username'] === name) return true;
  const alias = await core.identity.findAliasByName({ namespace: mount.namespace, mount: mount.accessor, name });
  return alias !== undefined && [entityId, token?.body.createdBy?.entityId].includes(alias.entityId);
}

/** Guesses here and at the log-in draw on the same attempts. Answers the hash that the old password fitted. */
function requireOldPassword(parts: UserParts, mount: Mount, user: UserRecord, sent: string): Promise<string> {
  if (sent === '') throw oldPasswordRefused();
  const oldPassword = requirePassword(sent);
  const { name, passwordHash } = user;
  return parts.turns.take(`${mount.id}/${name}`, async () => {
    const { last } = await parts.lockout.takeAttempt(mount, name);
    if (await parts.checks.verify(oldPassword, passwordHash)) return passwordHash;
    if (last) await parts.lockout.lock(mount, name);
    throw oldPasswordRefused();
  });
}

export async function changePolicies(
  parts: UserParts,
  request: EngineRequest<{
    readonly username: string;
    readonly token_policies?: readonly string[] | undefined;
    readonly policies?: readonly string[] | undefined;
  }>,
): Promise<void> {
  const { fields, mount } = request;
  const policies = fields.token_policies ?? fields.policies;
  if (policies === undefined)
    throw new StrongroomError('missing_field', 'missing token_policies', { hint: 'send "token_policies"' });
  const name = requireUserName(fields.username);
  const sanitized = sanitizePolicyNames(policies);
  const found = await changeUser(
    parts,
    mount,
    name,
    (previous) => previous && { ...previous, parameters: { ...previous.parameters, policies: sanitized } },
  );
  if (!found) throw new StrongroomError('invalid_request', 'username does not exist', { hint: 'make the user first' });
}

async function changeUser(
  parts: UserParts,
  mount: Mount,
  name: string,
  decide: (previous: UserRecord | undefined) => UserRecord | undefined,
  { endsSessions = false, changes = [] }: { endsSessions?: boolean; changes?: readonly Change[] } = {},
): Promise<boolean> {
  for (let attempt = 1; ; attempt += 1) {
    const previous = await parts.users.read(mount, name);
    const next = decide(previous?.body);
    if (!next) return false;
    try {
      // What an earlier user of the name left, if a batch token or a broken deletion left anything.
      if (!previous) await endPats(parts.core, mount, name);
      const ends = endsSessions ? await endOfSessions(parts.core, mount, name) : [];
      await parts.core.store.commit([parts.users.put(mount, name, previous, next), ...ends, ...changes]);
      if (endsSessions && previous && ends.length === 0) await endFirstSession(parts.core, mount, name);
      if (endsSessions) await parts.core.revocations.settle(mount.namespace);
      return true;
    } catch (error) {
      if (!isGuardFailure(error) || attempt >= maxAttempts) throw error;
    }
  }
}

/** Revokes the PATs made with log-ins of a user: they must not come to life again for the next one of that name. */
export async function endPats(core: Core, mount: Mount, name: string): Promise<void> {
  const { namespace, accessor } = mount;
  const alias = await core.identity.findAliasByName({ namespace, mount: accessor, name });
  if (!alias) return;
  await revokeWhere(
    core.credentials,
    {
      namespace,
      entityId: alias.entityId,
      kind: 'pat',
      matches: ({ body }) => body.pat?.loginMount === accessor,
    },
    { dryRun: false, nowMillis: core.clock.nowMillis(), reason: 'the user was deleted' },
  );
}

/** The change that revokes the tokens a user got through this mount, for the commit that takes their reason away. */
export async function endOfSessions(core: Core, mount: Mount, name: string): Promise<readonly Change[]> {
  const alias = await core.identity.findAliasByName({ namespace: mount.namespace, mount: mount.accessor, name });
  return alias ? [core.tokens.endOfEntity(mount.namespace, alias.entityId, mount.accessor)] : [];
}

/**
 * Ends what a first log-in got while nobody had yet logged in as the user: their alias, which the change above needs,
 * was made between the look at it and the commit.
 */
export async function endFirstSession(core: Core, mount: Mount, name: string): Promise<void> {
  const ends = await endOfSessions(core, mount, name);
  if (ends.length > 0) await core.store.commit(ends);
}
