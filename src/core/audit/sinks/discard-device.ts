import type { AuditDevice, DeviceStart } from './device.ts';
import { freshStart } from './stdout-device.ts';

/** Throws every line away, for measurements and trials. */
export class DiscardDevice implements AuditDevice {
  readonly reopens = false;

  async open(): Promise<DeviceStart> {
    return freshStart;
  }

  append(_bytes: Buffer, done: (error?: unknown) => void): void {
    done();
  }

  abandon(): void {}

  async saveHead(): Promise<void> {}

  async close(): Promise<void> {}
}
