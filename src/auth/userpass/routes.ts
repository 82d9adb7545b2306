import {
  type AnyRoute,
  access,
  field,
  pageFields,
  pageLength,
  type RecordCollection,
  route,
  showTokenParameters,
  tokenParameterFields,
} from '../../core/index.ts';
import { StrongroomError } from '../../lib/index.ts';
import { type LoginParts, logIn } from './operations/log-in.ts';
import {
  changePassword,
  changePolicies,
  endFirstSession,
  endOfSessions,
  endPats,
  writeUser,
} from './operations/write-user.ts';
import type { UserRecord } from './records.ts';
import { readUserName } from './user-name.ts';

const username = { username: field.text() };

/** A user's path under the one spelling of the name: a rule about a name holds for each of its spellings. */
const canonicalPath =
  (suffix = '') =>
  ({ username: text = '' }: Readonly<Record<string, string>>): string =>
    `users/${readUserName(text) ?? text}${suffix}`;

export function userpassRoutes(parts: LoginParts): AnyRoute[] {
  return [
    route({
      id: 'userpass.login.create',
      verb: 'POST',
      path: 'login/:username',
      summary: 'Logs in with user name and password.',
      access: access.login,
      fields: { ...username, password: field.secretText().optional() },
      handle: (request) => logIn(parts, request),
    }),
    ...userRoutes(parts),
    ...fieldRoutes(parts),
  ];
}

function userRoutes(parts: LoginParts): AnyRoute[] {
  const { core, users } = parts;
  return [
    route({
      id: 'userpass.user.list',
      verb: 'LIST',
      path: 'users',
      summary: 'Lists the users.',
      access: access.capability,
      fields: pageFields,
      handle: async ({ mount, fields }) => {
        const keys = await users.names(mount, '', fields.after ?? '', pageLength(fields));
        if (keys.length === 0) throw new StrongroomError('not_found', '', { hint: 'there are no users yet' });
        return { data: { keys } };
      },
    }),
    route({
      id: 'userpass.user.read',
      verb: 'GET',
      path: 'users/:username',
      canonicalPath: canonicalPath(),
      summary: 'Shows a user, never the password.',
      access: access.capability,
      fields: username,
      handle: async ({ mount, fields }) => {
        const name = readUserName(fields.username);
        const user = name === undefined ? undefined : await users.read(mount, name);
        if (!user) throw new StrongroomError('not_found', '', { hint: 'there is no such user' });
        return { data: showTokenParameters(user.body.parameters) };
      },
    }),
    route({
      id: 'userpass.user.write',
      verb: 'POST',
      path: 'users/:username',
      canonicalPath: canonicalPath(),
      summary: 'Makes or changes a user. A new password ends the log-ins made with the old one.',
      access: access.capability,
      fields: {
        ...tokenParameterFields,
        ...username,
        password: field.secretText().optional(),
        password_hash: field.secretText().optional(),
      },
      exists: ({ mount, fields }) => hasUser(users, mount, fields.username),
      handle: (request) => writeUser(parts, request),
    }),
    route({
      id: 'userpass.user.delete',
      verb: 'DELETE',
      path: 'users/:username',
      canonicalPath: canonicalPath(),
      summary: 'Deletes a user and ends their log-ins.',
      access: access.capability,
      fields: username,
      handle: async ({ mount, fields }) => {
        const name = readUserName(fields.username);
        if (name === undefined) return;
        await endPats(core, mount, name);
        const ends = await endOfSessions(core, mount, name);
        await core.store.commit([users.remove(mount, name), ...ends]);
        if (ends.length === 0) await endFirstSession(core, mount, name);
        // Those that a log-in made until it ended.
        await endPats(core, mount, name);
        await core.revocations.settle(mount.namespace);
      },
    }),
  ];
}

function fieldRoutes(parts: LoginParts): AnyRoute[] {
  return [
    route({
      id: 'userpass.password.write',
      verb: 'POST',
      path: 'users/:username/password',
      canonicalPath: canonicalPath('/password'),
      summary: "Changes a user's password and ends the log-ins made with the old one.",
      access: access.capability,
      fields: {
        ...username,
        password: field.secretText().optional(),
        old_password: field.secretText().optional(),
        password_hash: field.secretText().optional(),
      },
      handle: (request) => changePassword(parts, request),
    }),
    route({
      id: 'userpass.policies.write',
      verb: 'POST',
      path: 'users/:username/policies',
      canonicalPath: canonicalPath('/policies'),
      summary: "Changes the policies of a user's log-ins to come.",
      access: access.capability,
      fields: { ...username, token_policies: field.list().optional(), policies: field.list().optional() },
      handle: (request) => changePolicies(parts, request),
    }),
  ];
}

async function hasUser(
  users: RecordCollection<UserRecord>,
  mount: Parameters<typeof users.has>[0],
  text: string,
): Promise<boolean> {
  const name = readUserName(text);
  return name !== undefined && users.has(mount, name);
}
