import { constants } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { isJsonObject, parseJson } from '../../../lib/index.ts';
import type { AuditHead } from './device.ts';

const largestHead = 65_536;

/** Where the head of a log is kept. */
export function headPath(filePath: string): string {
  return `${filePath}.head`;
}

/** Writes the head whole or not at all (a new file, synced, renamed over the old one), mode 0600. */
export async function writeHead(filePath: string, head: AuditHead): Promise<void> {
  const temporary = `${headPath(filePath)}.new`;
  await rm(temporary, { force: true });
  const handle = await open(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(head)}\n`);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await rename(temporary, headPath(filePath));
}

/** The head beside a log. Undefined when there is none; `unreadable` when there is one that says nothing. */
export async function readAuditHead(filePath: string): Promise<AuditHead | undefined | 'unreadable'> {
  let handle: FileHandle;
  try {
    handle = await open(headPath(filePath), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    return error instanceof Error && Reflect.get(error, 'code') === 'ENOENT' ? undefined : 'unreadable';
  }
  try {
    const about = await handle.stat();
    if (!about.isFile() || about.size > largestHead) return 'unreadable';
    return parseHead(await handle.readFile('utf8'));
  } catch {
    return 'unreadable';
  } finally {
    await handle.close();
  }
}

/** Reads a head's text, checking every member. */
export function parseHead(text: string): AuditHead | 'unreadable' {
  const head = parseJson(text);
  if (!isJsonObject(head)) return 'unreadable';
  const { log, seq, chain, covers, time, keyId, signature } = head;
  if (!isJsonObject(covers) || !isPlace(seq, chain) || !isPlace(covers['seq'], covers['chain'])) return 'unreadable';
  if (typeof log !== 'string' || typeof time !== 'string') return 'unreadable';
  if (typeof keyId !== 'string' || typeof signature !== 'string') return 'unreadable';
  return {
    log,
    seq: seq as number,
    chain: chain as string,
    covers: { seq: covers['seq'] as number, chain: covers['chain'] as string },
    time,
    keyId,
    signature,
  };
}

function isPlace(seq: unknown, chain: unknown): boolean {
  return Number.isSafeInteger(seq) && (seq as number) > 0 && typeof chain === 'string' && /^[0-9a-f]{64}$/.test(chain);
}
