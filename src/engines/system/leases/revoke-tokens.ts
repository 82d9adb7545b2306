import { type Core, isEverlastingRoot, type Mount } from '../../../core/index.ts';

const pageSize = 500;

/**
 * Revokes the tokens made at or below a path, with all below them: `auth/userpass` means every log-in there,
 * `auth/userpass/login/alice` those of one name. A root token without an end is no lease of anything, and stays.
 */
export async function revokeTokensBelow(core: Core, namespace: string, path: string): Promise<void> {
  const folder = `${path}/`;
  for (const mount of core.mounts.all('auth')) {
    const isWhole = mount.prefix.startsWith(folder);
    if (isWhole && mount.type !== 'token') await core.tokens.revokeByMount(namespace, mount.accessor);
    else if (isWhole || folder.startsWith(mount.prefix)) await revokeByPath(core, mount, path);
  }
}

/** Tokens are found by mount and looked at one by one: where they were made stands sealed in them. */
async function revokeByPath(core: Core, { namespace, accessor, type }: Mount, path: string): Promise<void> {
  // Names of log-ins are read whatever their case, and the path stands as it was sent: no spelling escapes.
  const spelled = (text: string): string => (type === 'token' ? text : text.toLowerCase());
  const wanted = spelled(path);
  const where = { namespace, mount: type === 'token' ? null : accessor };
  let after = '';
  for (;;) {
    const rows = await core.store.list('tokens', { where, after: { value: after, id: after }, limit: pageSize });
    for (const { id } of rows) {
      const token = await core.tokens.findById(namespace, id);
      if (!token || isEverlastingRoot(token)) continue;
      const madeAt = spelled(token.body.path);
      if (madeAt === wanted || madeAt.startsWith(`${wanted}/`)) await core.tokens.revokeTree(namespace, id);
    }
    const last = rows.at(-1);
    if (!last || rows.length < pageSize) return;
    after = last.id;
    // There may be a million of them: others are served in between.
    await new Promise((resolve) => setImmediate(resolve));
  }
}
