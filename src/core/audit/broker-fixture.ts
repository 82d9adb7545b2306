import { expect, vi } from 'vitest';
import { type AuditBroker, type AuditBrokerOptions, openAuditBroker } from './audit-broker.ts';
import { brokerOptions, withFolder } from './audit-fixture.ts';
import type { AuditDevice, DeviceStart } from './sinks/device.ts';
import type { AuditSink, SinkTarget } from './sinks/sink-config.ts';
import { freshStart } from './sinks/stdout-device.ts';

/** A device in memory that does what a test says. */
export class TrialDevice implements AuditDevice {
  readonly reopens = true;
  text = '';
  mode: 'works' | 'fails' | 'hangs' = 'works';
  readonly #hanging: (() => void)[] = [];

  async open(): Promise<DeviceStart> {
    if (this.mode === 'fails') throw Object.assign(new Error('no'), { code: 'ENOSPC' });
    return freshStart;
  }

  append(bytes: Buffer, done: (error?: unknown) => void): void {
    if (this.mode === 'fails') {
      done(Object.assign(new Error('no room for CANARY'), { code: 'ENOSPC' }));
      return;
    }
    const write = (): void => {
      this.text += bytes.toString('utf8');
      done();
    };
    if (this.mode === 'hangs') this.#hanging.push(write);
    else write();
  }

  /** Ends what hangs. */
  release(): void {
    this.mode = 'works';
    for (const write of this.#hanging.splice(0)) write();
  }

  abandon(): void {}
  async saveHead(): Promise<void> {}
  async close(): Promise<void> {}
}

export const fileSink = (path: string, filePath: string): AuditSink => ({
  path,
  config: { target: { kind: 'file', filePath } },
});
const opened: AuditBroker[] = [];

export async function openBroker(more: Partial<AuditBrokerOptions>): Promise<AuditBroker> {
  const broker = await openAuditBroker(brokerOptions(more));
  opened.push(broker);
  return broker;
}

/** A broker over trial devices: sink `a/` writes to the first, `b/` to the second … */
export async function trial(
  devices: readonly TrialDevice[],
  more: Partial<AuditBrokerOptions> = {},
): Promise<AuditBroker> {
  const names = ['a', 'b', 'c'];
  const sinks = devices.map((_, index) => fileSink(`${names[index]}/`, `/tmp/${names[index]}.log`));
  const makeDevice = (target: SinkTarget): AuditDevice =>
    devices[names.findIndex((name) => target.kind === 'file' && target.filePath === `/tmp/${name}.log`)] as AuditDevice;
  const settings = { timeoutMillis: 30, retryMillis: 2, maxRetryMillis: 4 };
  return await openBroker({ sinks, makeDevice, settings, ...more });
}

export async function works(broker: AuditBroker): Promise<void> {
  await vi.waitFor(() => expect(broker.health().healthy).toBe(broker.health().enabled), { timeout: 3000, interval: 2 });
}

export async function stopAll(): Promise<void> {
  await Promise.all(opened.splice(0).map((broker) => broker.stop()));
}

export async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  await withFolder((folder) => use(folder).finally(stopAll));
}
