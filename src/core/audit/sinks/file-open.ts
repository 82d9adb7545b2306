import { constants, type Stats } from 'node:fs';
import { type FileHandle, mkdir, open, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { sinkRefused } from '../audit-error.ts';

const openFlags =
  constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** The file's path with every link in its folder resolved; the folder is made (0700) when it is not there. */
export async function resolveFolder(filePath: string): Promise<string> {
  const folder = dirname(filePath);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return join(await realpath(folder), basename(filePath));
}

async function checkFolder(folder: string): Promise<void> {
  const { mode } = await stat(folder);
  const anybodyWrites = (mode & 0o002) !== 0;
  const sticky = (mode & 0o1000) !== 0;
  if (anybodyWrites && !sticky) {
    throw sinkRefused('the audit folder is writable by everyone', 'give it mode 0700 and the owner of the server');
  }
}

function checkFile(about: Stats): void {
  if (!about.isFile()) throw sinkRefused('the audit path is not a regular file', 'name a file that lies in a folder');
  if (about.uid !== process.geteuid?.()) {
    throw sinkRefused('the audit file belongs to another user', 'move it away or give it to the user of the server');
  }
  if (about.nlink > 1) throw sinkRefused('the audit file has several names', 'hard links to it must be removed');
}

/**
 * Opens the audit file for appending, mode 0600. Symbolic and hard links, devices, pipes and files of other users are
 * refused; a file of our own that others can read is closed to them. Never blocks on a pipe (`O_NONBLOCK`).
 * @throws StrongroomError `invalid_request` for what is refused; the system's error otherwise.
 */
export async function openAuditFile(filePath: string): Promise<FileHandle> {
  await checkFolder(dirname(filePath));
  let handle: FileHandle;
  try {
    handle = await open(filePath, openFlags, 0o600);
  } catch (error) {
    const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
    if (code === 'ELOOP') throw sinkRefused('the audit path is a symbolic link', 'name the file itself');
    if (code === 'EISDIR') throw sinkRefused('the audit path is a folder', 'name a file that lies in it');
    throw error;
  }
  try {
    const about = await handle.stat();
    checkFile(about);
    if ((about.mode & 0o7777) !== 0o600) await handle.chmod(0o600);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}
