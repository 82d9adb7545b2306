import { execFileSync } from 'node:child_process';
import { appendFile, chmod, link, mkdir, readFile, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sha256Hex } from '../../../crypto/index.ts';
import { openAuditBroker } from '../audit-broker.ts';
import { brokerOptions, chainKey, entryOf, fixedKey, readLog, recorded, withFolder } from '../audit-fixture.ts';
import { verifyAuditLog } from '../reading/verify-log.ts';
import { FileDevice } from './file-device.ts';
import { readAuditHead } from './head-file.ts';

const ignore = (): void => {};

async function writeOne(file: string, id: string): Promise<void> {
  const sinks = [{ path: 'file/', config: { target: { kind: 'file', filePath: file } as const } }];
  const broker = await openAuditBroker(brokerOptions({ sinks }));
  await broker.open(entryOf(id));
  await broker.close(entryOf(id));
  await broker.stop();
}

async function modeOf(path: string): Promise<number> {
  return (await stat(path)).mode & 0o7777;
}

describe('the audit file', () => {
  it('STO-02: is 0600 in a folder 0700, with its head, whatever the umask', async () => {
    await withFolder(async (folder) => {
      const before = process.umask(0);
      try {
        const file = join(folder, 'deep', 'er', 'audit.log');
        await writeOne(file, 'a');
        expect(await modeOf(file)).toBe(0o600);
        expect(await modeOf(`${file}.head`)).toBe(0o600);
        expect(await modeOf(join(folder, 'deep'))).toBe(0o700);
        expect(await modeOf(join(folder, 'deep', 'er'))).toBe(0o700);
      } finally {
        process.umask(before);
      }
    });
  });

  it('STO-02: of our own that others could read or run is closed to them', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'audit.log');
      await writeFile(file, '');
      await chmod(file, 0o777);
      const device = new FileDevice(file, chainKey);
      await device.open();
      await device.close();
      expect(await modeOf(file)).toBe(0o600);
    });
  });

  it('AUD-05: is refused when it is a link, a pipe, a folder, a device, or has two names', async () => {
    await withFolder(async (folder) => {
      await writeFile(join(folder, 'other'), '');
      await symlink(join(folder, 'other'), join(folder, 'symbolic'));
      await symlink(join(folder, 'nowhere'), join(folder, 'dangling'));
      await writeFile(join(folder, 'first'), '');
      await link(join(folder, 'first'), join(folder, 'second'));
      await mkdir(join(folder, 'folder'));
      execFileSync('mkfifo', [join(folder, 'pipe')]);
      for (const name of ['symbolic', 'dangling', 'second', 'folder', 'pipe']) {
        const device = new FileDevice(join(folder, name), chainKey);
        await expect(device.open(), name).rejects.toMatchObject({ code: 'invalid_request' });
      }
      await expect(new FileDevice('/dev/null', chainKey).open()).rejects.toMatchObject({ code: 'invalid_request' });
      expect(await readFile(join(folder, 'other'), 'utf8')).toBe('');
    });
  });

  it('AUD-05: is refused in a folder that everyone can write to', async () => {
    await withFolder(async (folder) => {
      await chmod(folder, 0o777);
      const device = new FileDevice(join(folder, 'audit.log'), chainKey);
      await expect(device.open()).rejects.toMatchObject({ message: 'the audit folder is writable by everyone' });
    });
  });

  it('AUD-05: is refused when it belongs to another user', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'audit.log');
      await writeFile(file, '');
      const before = process.geteuid;
      process.geteuid = () => 123_456;
      try {
        await expect(new FileDevice(file, chainKey).open()).rejects.toMatchObject({
          message: 'the audit file belongs to another user',
        });
      } finally {
        if (before !== undefined) process.geteuid = before;
      }
    });
  });

  it('AUD-05: is refused, and left as it was, when it holds something else', async () => {
    await withFolder(async (folder) => {
      for (const content of ['#!/bin/sh\n', 'no newline', '{"a":1}\n', '{"time":"x","type":"request"', '\n']) {
        const file = join(folder, 'other.txt');
        await writeFile(file, content);
        await expect(new FileDevice(file, chainKey).open(), content).rejects.toMatchObject({ code: 'invalid_request' });
        expect(await readFile(file, 'utf8')).toBe(content);
      }
    });
  });
});

describe('going on with a log', () => {
  it('continues its chain and says so', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'audit.log');
      await writeOne(file, 'a');
      await writeOne(file, 'b');
      const lines = await readLog(file);
      const types = lines.filter(({ reason }) => reason !== 'interval').map(({ type }) => type);
      expect(types.join(' ')).toBe('begin request response checkpoint resumed request response checkpoint');
      expect(await verifyAuditLog(file, { chainKey })).toMatchObject({ ok: true, lines: lines.length });
    });
  });

  it('AUD-08: a torn last line is cut off and told with its size and digest', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'audit.log');
      await writeOne(file, 'a');
      const torn = '{"time":"2026-01-02T03:04:05.000Z","type":"requ';
      await appendFile(file, torn);
      await writeOne(file, 'b');
      const recovery = (await readLog(file)).find(({ type }) => type === 'recovered');
      expect(recovery).toMatchObject({ torn_bytes: torn.length, torn_digest: sha256Hex(torn) });
      expect(await recorded(file)).toEqual(['request a', 'response a', 'request b', 'response b']);
      expect(await verifyAuditLog(file, { chainKey })).toMatchObject({ ok: true });
    });
  });

  it('AUD-08: a first line that was torn is cut off too', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'audit.log');
      await writeOne(file, 'a');
      const whole = await readFile(file, 'utf8');
      for (const length of [1, 9, 20, 40, 60, 150]) {
        await writeFile(file, whole.slice(0, length), { mode: 0o600 });
        await writeOne(file, 'b');
        const [begin] = await readLog(file);
        expect(begin).toMatchObject({ type: 'begin', torn_bytes: length });
        expect(await verifyAuditLog(file, { chainKey })).toMatchObject({ ok: true });
      }
    });
  });

  it('AUD-09: whole lines that somebody appended while the server was down are not taken into the chain', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'audit.log');
      await writeOne(file, 'a');
      const last = (await readFile(file, 'utf8')).trimEnd().split('\n').at(-1) as string;
      const forged = `${last.replace(/,"mac":.*/, '}')}\n`;
      await appendFile(file, forged);
      await writeOne(file, 'b');
      const recovery = (await readLog(file)).find(({ type }) => type === 'recovered');
      expect(recovery).toMatchObject({ torn_lines: 1, torn_bytes: forged.length, torn_digest: sha256Hex(forged) });
      expect(await verifyAuditLog(file, { chainKey })).toMatchObject({ ok: true });
      expect(await recorded(file)).toEqual(['request a', 'response a', 'request b', 'response b']);
    });
  });

  it('AUD-09: an end that was cut off while the server was down is told in the log, and verify names the place', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'audit.log');
      await writeOne(file, 'a');
      await writeOne(file, 'b');
      const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
      const kept = lines.findIndex((line) => line.includes('"type":"resumed"'));
      await truncate(file, lines.slice(0, kept).join('\n').length + 1);
      await writeOne(file, 'c');
      const recovery = (await readLog(file)).find(({ type }) => type === 'recovered');
      expect(recovery).toMatchObject({ seq: kept + 1, missing_lines: lines.length - kept });
      const head = await readAuditHead(file);
      if (head === 'unreadable' || head === undefined) throw new Error('there is no head');
      expect(await verifyAuditLog(file, { chainKey, head })).toMatchObject({
        ok: false,
        kind: 'cut',
        firstBadLine: kept + 1,
      });
    });
  });

  it('AUD-09: an end that another key made is told in the log', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'audit.log');
      await writeOne(file, 'a');
      const device = new FileDevice(file, fixedKey(9));
      expect(await device.open()).toMatchObject({ damaged: true, findings: { end_proven: false } });
      await device.close();
    });
  });

  it('STO-02: an unreadable head does not stop the server', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'audit.log');
      await writeOne(file, 'a');
      for (const text of ['', '{', '{"seq":1}', 'x'.repeat(100_000)]) {
        await writeFile(`${file}.head`, text);
        expect(await readAuditHead(file)).toBe('unreadable');
        await writeOne(file, 'b');
        expect(await readAuditHead(file)).toMatchObject({ keyId: 'key-1' });
      }
    });
  });
});

describe('appending', () => {
  it('AUD-01: after a short write and a full disk nothing of the group stays behind', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'audit.log');
      const { write } = await import('node:fs');
      let calls = 0;
      const device = new FileDevice(file, chainKey, (fd, bytes, offset, length, done) => {
        calls += 1;
        if (calls === 1) write(fd, bytes, offset, Math.min(5, length), null, (error, count) => done(error, count));
        else done(Object.assign(new Error('full'), { code: 'ENOSPC' }), 0);
      });
      await device.open();
      const error = await new Promise((resolve) => device.append(Buffer.from('a line\n'), resolve));
      expect(error).toMatchObject({ code: 'ENOSPC' });
      expect(calls).toBe(2);
      expect((await stat(file)).size).toBe(0);
      await device.close();
      device.append(Buffer.from('x'), ignore);
      expect((await stat(file)).size).toBe(0);
    });
  });
});
