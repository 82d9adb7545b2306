import { failureName } from '../audit-error.ts';
import type { AuditDevice, AuditHead } from './device.ts';
import { FileLostError } from './file-lost-error.ts';
import type { AuditNotices } from './sink-settings.ts';

/** Saves heads one after the other, beside the writing of lines. A head that cannot be saved stops nothing. */
export class HeadSaver {
  readonly #device: AuditDevice;
  readonly #path: string;
  readonly #log: AuditNotices;
  readonly #lost: (error: unknown) => void;
  #saved: Promise<void> = Promise.resolve();

  /** `lost`: saving showed that the log is no longer where it is written. */
  constructor(device: AuditDevice, path: string, log: AuditNotices, lost: (error: unknown) => void) {
    this.#device = device;
    this.#path = path;
    this.#log = log;
    this.#lost = lost;
  }

  /** Resolves when all heads given so far are saved or given up. */
  get settled(): Promise<void> {
    return this.#saved;
  }

  save(head: AuditHead): Promise<void> {
    this.#saved = this.#saved
      .then(() => this.#device.saveHead(head))
      .catch((error: unknown) => {
        if (error instanceof FileLostError) this.#lost(error);
        else this.#log.warn({ sink: this.#path, failure: failureName(error) }, 'the audit head was not saved');
      });
    return this.#saved;
  }
}
