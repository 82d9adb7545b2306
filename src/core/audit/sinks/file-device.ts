import { ftruncate } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import type { MacKey } from '../../../crypto/index.ts';
import type { Members } from '../lines/control-line.ts';
import type { AuditDevice, AuditHead, DeviceStart } from './device.ts';
import { FileLostError } from './file-lost-error.ts';
import { openAuditFile, resolveFolder } from './file-open.ts';
import { firstChain, type LogTail, readTail } from './file-tail.ts';
import { readAuditHead, writeHead } from './head-file.ts';
import { systemWrite, type WriteBytes, writeWhole } from './write-whole.ts';

/** A log in a file of its own, with its head beside it. The server is its only writer. */
export class FileDevice implements AuditDevice {
  readonly reopens = true;
  readonly #filePath: string;
  readonly #key: MacKey;
  readonly #writeBytes: WriteBytes;
  #handle: FileHandle | undefined;
  #resolvedPath: string;
  #size = 0;

  constructor(filePath: string, key: MacKey, writeBytes: WriteBytes = systemWrite) {
    this.#filePath = filePath;
    this.#resolvedPath = filePath;
    this.#key = key;
    this.#writeBytes = writeBytes;
  }

  async open(): Promise<DeviceStart> {
    await this.close();
    this.#resolvedPath = await resolveFolder(this.#filePath);
    const handle = await openAuditFile(this.#resolvedPath);
    try {
      const tail = await readTail(handle, this.#key);
      const log = await firstChain(handle);
      const start = await this.#describe(tail, log);
      if (tail.tornBytes > 0) await handle.truncate(tail.wholeBytes);
      this.#size = tail.wholeBytes;
      this.#handle = handle;
      return start;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  append(bytes: Buffer, done: (error?: unknown) => void): void {
    const fd = this.#handle?.fd;
    if (fd === undefined) {
      done(new Error('the audit file is closed'));
      return;
    }
    writeWhole(fd, bytes, this.#writeBytes, (error) => {
      if (error === undefined) {
        this.#size += bytes.length;
        done();
        return;
      }
      // Nothing of a failed group stays behind; should this fail too, opening again cuts the torn line off.
      ftruncate(fd, this.#size, () => done(error));
    });
  }

  /** A write to a file cannot be taken back. */
  abandon(): void {}

  async saveHead(head: AuditHead): Promise<void> {
    const handle = this.#handle;
    if (handle === undefined) return;
    await this.#checkStillOurs(handle);
    await handle.datasync();
    await writeHead(this.#resolvedPath, head);
  }

  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  /** A log that was deleted or cut while it is written must not go on as if nothing had happened. */
  async #checkStillOurs(handle: FileHandle): Promise<void> {
    // Taken before the look: appends under way only add.
    const known = this.#size;
    const about = await handle.stat();
    if (about.nlink === 0) throw new FileLostError('the audit file was deleted');
    if (about.size < known) throw new FileLostError('the audit file was cut');
  }

  async #describe(tail: LogTail, log: string | undefined): Promise<DeviceStart> {
    const head = await readAuditHead(this.#resolvedPath);
    const known = typeof head === 'object' ? head : undefined;
    const sameLog = known !== undefined && known.log === log;
    const missingLines = sameLog ? Math.max(0, known.seq - tail.position.seq) : 0;
    const findings: Members = {
      previous: tail.position.seq === 0 && known !== undefined ? { seq: known.seq, chain: known.chain } : undefined,
      torn_bytes: tail.tornBytes,
      torn_digest: tail.tornDigest,
      torn_lines: tail.tornLines,
      end_proven: tail.endProven ? undefined : false,
      missing_lines: missingLines,
    };
    const damaged = tail.tornBytes > 0 || !tail.endProven || missingLines > 0;
    return { position: tail.position, log, findings, damaged };
  }
}
