import { chmod, mkdir, realpath, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withFolder } from './audit-fixture.ts';
import { requireAuditPath } from './audit-path.ts';

const refusal = { code: 'invalid_request', message: 'the audit file path is not allowed' };

describe('requireAuditPath', () => {
  it('AUD-05: allows a plain file, there or not, below an allowed folder', async () => {
    await withFolder(async (given) => {
      const folder = await realpath(given);
      await mkdir(join(folder, 'sub'));
      await writeFile(join(folder, 'there.log'), '', { mode: 0o600 });
      for (const name of ['new.log', 'there.log', 'sub/new.log', 'missing/folder/new.log']) {
        expect(await requireAuditPath(join(folder, name), ['/nowhere', folder])).toBe(join(folder, name));
      }
    });
  });

  it('AUD-05: refuses every way out of the folders, links, executables and odd names with one answer', async () => {
    await withFolder(async (given) => {
      const folder = await realpath(given);
      const outside = join(folder, 'outside');
      const inside = join(folder, 'inside');
      await mkdir(outside);
      await mkdir(inside);
      await symlink(outside, join(inside, 'link'));
      await symlink(join(outside, 'x.log'), join(inside, 'file-link.log'));
      await writeFile(join(inside, 'tool'), '');
      await chmod(join(inside, 'tool'), 0o700);
      await mkdir(join(inside, 'folder.log'));
      const paths = [
        'relative.log',
        '/etc/passwd',
        `${folder}/inside-not/x.log`,
        `${inside}/../outside/x.log`,
        `${inside}//x.log`,
        `${inside}/./x.log`,
        `${inside}/x.log/`,
        `${inside}`,
        `${inside}/link/x.log`,
        `${inside}/file-link.log`,
        `${inside}/tool`,
        `${inside}/folder.log`,
        `${inside}/tool/x.log`,
        `${inside}/x.log.head`,
        `${inside}/x.log.head.new`,
        `${inside}/x\u0000.log`,
        `${inside}/x\n.log`,
        `${inside}/${'x'.repeat(2000)}`,
        '',
      ];
      for (const path of paths) {
        await expect(requireAuditPath(path, [inside]), path).rejects.toMatchObject(refusal);
      }
      await expect(requireAuditPath(join(inside, 'x.log'), [])).rejects.toMatchObject(refusal);
      await expect(requireAuditPath(join(inside, 'x.log'), ['inside'])).rejects.toMatchObject(refusal);
    });
  });

  it('AUD-05: resolves an allowed folder that is itself a link', async () => {
    await withFolder(async (given) => {
      const folder = await realpath(given);
      await mkdir(join(folder, 'real'));
      await symlink(join(folder, 'real'), join(folder, 'link'));
      expect(await requireAuditPath(join(folder, 'link', 'a.log'), [join(folder, 'link')])).toBe(
        join(folder, 'real', 'a.log'),
      );
    });
  });
});
