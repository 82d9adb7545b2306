import type { FailureKind } from '../protocol.ts';

/** Something the child refuses or cannot do, in the words of the protocol. */
export class ChildFailure extends Error {
  readonly kind: FailureKind;
  /** The CKR_ number, 0 when it is not the module's. */
  readonly code: number;

  constructor(kind: FailureKind, text: string, code = 0) {
    super(text);
    this.name = 'ChildFailure';
    this.kind = kind;
    this.code = code;
  }
}

/** The CKR_ number of what the module threw; 0 for anything else (pkcs11js puts it in `code`). */
export function returnValueOf(error: unknown): number {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'number' ? code : 0;
}

/** Name and number for the log, without the native stack. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  const code = returnValueOf(error);
  return code === 0 ? error.message : `${error.message} (${code})`;
}
