import type { ChainPosition } from '../lines/chain.ts';
import type { Members } from '../lines/control-line.ts';

/** The newest checkpoint of a log, kept beside it in `<file>.head`. */
export interface AuditHead {
  /** Chain value of the log's first line: says which log this is the head of. */
  readonly log: string;
  /** The checkpoint's own line. */
  readonly seq: number;
  readonly chain: string;
  /** The line it signs. */
  readonly covers: ChainPosition;
  /** RFC 3339. */
  readonly time: string;
  readonly keyId: string;
  /** Base64. */
  readonly signature: string;
}

/** What a device found when it was opened. */
export interface DeviceStart {
  /** The newest whole line; `seq` 0 for an empty log. */
  readonly position: ChainPosition;
  /** Chain value of the first line, when there is one. */
  readonly log: string | undefined;
  /** What must be said in the first line written from here on. */
  readonly findings: Members;
  /** True when the log was damaged, cut or left in the middle of a line. */
  readonly damaged: boolean;
}

/** Somewhere bytes can be appended: the part of a sink that differs between files, sockets and standard output. */
export interface AuditDevice {
  /**
   * Opens, or closes and opens again. Rejects when it cannot be written to. `lost` is called when the device stops
   * working while nothing is being appended.
   */
  open(lost: (error: unknown) => void): Promise<DeviceStart>;
  /** Appends all bytes or none. One call at a time. `done` gets an error when they were not all written. */
  append(bytes: Buffer, done: (error?: unknown) => void): void;
  /** The append under way takes too long: give it up where that is possible. */
  abandon(): void;
  /** Makes what was appended survive a power cut and records the head. */
  saveHead(head: AuditHead): Promise<void>;
  /** True when the log lives at a path that SIGHUP opens again. */
  readonly reopens: boolean;
  close(): Promise<void>;
}
