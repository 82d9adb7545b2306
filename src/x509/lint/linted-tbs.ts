import type { SignatureScheme } from '../../crypto/index.ts';
import { StrongroomError } from '../../lib/index.ts';

/** One rule a finished document is held to. `check` answers what is wrong, or undefined. */
export interface LintRule<Subject> {
  /** Stable name, `area-rule`. */
  readonly id: string;
  /** Where the rule comes from. */
  readonly clause: string;
  /** Who caused a violation: the caller's wishes (400) or our own encoder (500). */
  readonly blame: 'request' | 'ours';
  readonly check: (subject: Subject) => string | undefined;
}

const makers = new WeakSet<object>();

/**
 * To-be-signed bytes that have passed every rule. Only `passLint` makes one, here or on the second thread, and only
 * `signLinted` takes one: no path leads from unlinted bytes to a CA's key.
 */
export class LintedTbs {
  readonly #bytes: Buffer;
  readonly scheme: SignatureScheme;

  constructor(maker: object, bytes: Buffer, scheme: SignatureScheme) {
    if (!makers.delete(maker)) throw new TypeError('LintedTbs is made by lint alone');
    this.#bytes = bytes;
    this.scheme = scheme;
  }

  /** The bytes that were linted. */
  bytes(): Buffer {
    return this.#bytes;
  }
}

export interface LintFinding {
  readonly id: string;
  readonly clause: string;
  readonly blame: 'request' | 'ours';
  readonly detail: string;
}

/** Every violation of `rules`; a rule that throws is a violation. */
export function findViolations<Subject>(rules: readonly LintRule<Subject>[], subject: Subject): LintFinding[] {
  const findings: LintFinding[] = [];
  for (const { id, clause, blame, check } of rules) {
    let detail: string | undefined;
    try {
      detail = check(subject);
    } catch (error) {
      detail = error instanceof StrongroomError ? error.message : 'the rule could not be evaluated';
    }
    if (detail !== undefined) findings.push({ id, clause, blame, detail });
  }
  return findings;
}

/** Refuses a document with findings: `invalid_request` when the caller can help it, else `internal`. */
export function refuseFindings(findings: readonly LintFinding[]): void {
  const first = findings[0];
  if (!first) return;
  const cause = findings.map(({ id, clause, detail }) => `${id} (${clause}): ${detail}`).join('; ');
  const ours = findings.some(({ blame }) => blame === 'ours');
  if (ours) throw new StrongroomError('internal', 'a document failed its check before signing', { cause });
  throw new StrongroomError('invalid_request', `refused before signing: ${first.detail}`, {
    hint: first.clause,
    cause,
  });
}

/** Reads a document of our own making: not being able to is our fault, whatever the reader calls it. */
export function readBack<Parsed>(read: () => Parsed): Parsed {
  try {
    return read();
  } catch (error) {
    throw new StrongroomError('internal', 'a document failed its check before signing', { cause: error });
  }
}

/** Runs `rules` over the document that `bytes` would become: the way to a `LintedTbs`. */
export function passLint<Subject>(
  rules: readonly LintRule<Subject>[],
  subject: Subject,
  bytes: Buffer,
  scheme: SignatureScheme,
): LintedTbs {
  refuseFindings(findViolations(rules, subject));
  return admitLinted(bytes, scheme);
}

/** For bytes in which the same rules found nothing on another thread (`aside`). */
export function admitLinted(bytes: Buffer, scheme: SignatureScheme): LintedTbs {
  const maker = {};
  makers.add(maker);
  return new LintedTbs(maker, bytes, scheme);
}
