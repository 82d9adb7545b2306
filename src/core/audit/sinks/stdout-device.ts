import { chainStart } from '../lines/chain.ts';
import type { AuditDevice, DeviceStart } from './device.ts';
import { systemWrite, type WriteBytes, writeWhole } from './write-whole.ts';

/** A stream's log starts anew each time it is opened. */
export const freshStart: DeviceStart = { position: chainStart, log: undefined, findings: {}, damaged: false };

/**
 * Standard output, written from the thread pool: a pipe whose reader is stuck blocks no request. A line that was cut
 * short is closed with a newline before the next one.
 */
export class StdoutDevice implements AuditDevice {
  readonly reopens = false;
  readonly #fd: number;
  readonly #writeBytes: WriteBytes;
  #torn = false;
  #givenUp = false;

  constructor(fd = 1, writeBytes: WriteBytes = systemWrite) {
    this.#fd = fd;
    this.#writeBytes = writeBytes;
  }

  async open(): Promise<DeviceStart> {
    return freshStart;
  }

  append(bytes: Buffer, done: (error?: unknown) => void): void {
    const whole = this.#torn ? Buffer.concat([Buffer.from('\n'), bytes]) : bytes;
    this.#givenUp = false;
    const finish = (error: Error | undefined, written: number): void => {
      if (error === undefined || written > 0) this.#torn = error !== undefined;
      done(error);
    };
    writeWhole(this.#fd, whole, this.#writeBytes, finish, () => this.#givenUp);
  }

  abandon(): void {
    this.#givenUp = true;
  }

  async saveHead(): Promise<void> {}

  async close(): Promise<void> {}
}
