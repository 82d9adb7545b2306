import { type ChainPosition, chainAfter, chainStart, type LineSeal, readSeal } from '../lines/chain.ts';
import { checkpointDigest } from '../sinks/checkpoint.ts';
import { macHolds } from '../sinks/file-tail.ts';
import { type Checkpoint, parseControl } from './control-members.ts';
import type { AuditProblem } from './log-problem.ts';
import type { ReadLine } from './read-lines.ts';
import { RecentChains } from './recent-chains.ts';
import type { AuditVerdict, VerifyOptions } from './verify-log.ts';

/** Says whether `signature` over `digest` (32 bytes) was made by the key named `keyId`. */
export type VerifySignature = (digest: Buffer, signature: Buffer, keyId: string) => Promise<boolean> | boolean;

/** Checks the lines of one log in order and stops at the first that is not right. */
export class LogCheck {
  readonly #options: VerifyOptions;
  readonly #recent = new RecentChains();
  #position: ChainPosition = chainStart;
  #firstChain = '';
  #checkpoints = 0;
  #signedLines = 0;
  #provenLines = 0;
  #endsWithCheckpoint = false;
  #headSeen = false;
  #headCoveredSeen = false;
  #found: { line: number; kind: AuditProblem; problem: string } | undefined;

  constructor(options: VerifyOptions) {
    this.#options = options;
  }

  verdict(): AuditVerdict {
    const counts = { lines: this.#position.seq, checkpoints: this.#checkpoints, signedLines: this.#signedLines };
    if (this.#found === undefined) return { ok: true, ...counts };
    const { line, kind, problem } = this.#found;
    return { ok: false, ...counts, firstBadLine: line, kind, problem };
  }

  /** Checks one line; `next` is the line after it. False when the log is not right from here on. */
  async line({ bytes, whole }: ReadLine, next: ReadLine | undefined): Promise<boolean> {
    const place = this.#position.seq + 1;
    if (!whole)
      return this.#bad(place, 'torn', 'the last line is not whole: the server stopped while writing, or it was cut');
    const seal = readSeal(bytes);
    if (seal === undefined) return this.#bad(place, 'altered', 'the line does not end as an audit line does');
    if (seal.seq !== place) return this.#misplaced(place, seal.seq, next);
    if (chainAfter(this.#position.chain, bytes, seal.contentLength) !== seal.chain) return this.#broken(place, next);
    const { chainKey } = this.#options;
    if (chainKey !== undefined && seal.mac !== undefined && !macHolds(chainKey, seal)) {
      return this.#bad(
        this.#provenLines + 1,
        'forged',
        `the MAC of line ${place} does not hold: ${since(this.#provenLines)}`,
      );
    }
    this.#advance(seal);
    return await this.#control(bytes, place);
  }

  /** After the last line: is the end there? */
  async end(): Promise<void> {
    const { seq } = this.#position;
    const { head, chainKey } = this.#options;
    if (seq === 0 && head === undefined) return void this.#bad(1, 'cut', 'the log is empty');
    if (head !== undefined && !(await this.#headHolds())) return;
    if (chainKey !== undefined && this.#provenLines < seq) {
      this.#bad(
        this.#provenLines + 1,
        'torn',
        `${since(this.#provenLines)}: what follows has no MAC, a write was cut short`,
      );
      return;
    }
    if (head === undefined && !this.#endsWithCheckpoint) {
      this.#bad(
        seq + 1,
        'cut',
        'the log does not end with a last checkpoint, and there is no head to say where it ends',
      );
    }
  }

  #advance(seal: LineSeal): void {
    this.#position = { seq: seal.seq, chain: seal.chain };
    this.#recent.add(this.#position);
    if (seal.seq === 1) this.#firstChain = seal.chain;
    if (seal.mac !== undefined) this.#provenLines = seal.seq;
    const { head } = this.#options;
    if (head !== undefined && head.seq === seal.seq && head.chain === seal.chain) this.#headSeen = true;
    if (head !== undefined && head.covers.seq === seal.seq && head.covers.chain === seal.chain)
      this.#headCoveredSeen = true;
  }

  async #control(bytes: Buffer, place: number): Promise<boolean> {
    const control = parseControl(bytes, this.#options.prefix ?? '');
    this.#endsWithCheckpoint = false;
    if (control === 'malformed') return this.#bad(place, 'malformed', 'the line is not one the server writes');
    if (place === 1 && control?.type !== 'begin')
      return this.#bad(1, 'malformed', 'the log does not start with a begin line');
    if (control === undefined) return true;
    if (control.type === 'begin' && place > 1)
      return this.#bad(place, 'inserted', 'a second log begins inside this one');
    if (control.type === 'recovered' && control.missingLines > 0) {
      const found = `the server found ${control.missingLines} lines missing here when it started`;
      return this.#bad(place, 'cut', found);
    }
    if (control.type === 'recovered' && control.endProven === false) {
      return this.#bad(place, 'forged', 'the server could not prove the lines before this one when it started');
    }
    return control.checkpoint === undefined || (await this.#checkpoint(control.checkpoint, place));
  }

  async #checkpoint(checkpoint: Checkpoint, place: number): Promise<boolean> {
    const { covers, signature, keyId, reason } = checkpoint;
    if (covers.seq >= place || this.#recent.at(covers.seq) !== covers.chain) {
      return this.#bad(place, 'forged', 'the checkpoint covers a line that is not in this log');
    }
    const held = await this.#signatureHolds(covers, signature, keyId);
    if (held === false) {
      return this.#bad(
        this.#signedLines + 1,
        'forged',
        `the signature of the checkpoint in line ${place} does not hold: ${since(this.#signedLines)}`,
      );
    }
    this.#checkpoints += 1;
    if (held === true) this.#signedLines = covers.seq;
    this.#endsWithCheckpoint = reason !== 'interval' && covers.seq === place - 1;
    return true;
  }

  async #signatureHolds(covers: ChainPosition, signature: string, keyId: string): Promise<boolean | undefined> {
    const { verifySignature } = this.#options;
    if (verifySignature === undefined) return undefined;
    return await verifySignature(checkpointDigest(covers), Buffer.from(signature, 'base64'), keyId);
  }

  async #headHolds(): Promise<boolean> {
    const { head } = this.#options;
    if (head === undefined) return true;
    const { seq } = this.#position;
    const held = await this.#signatureHolds(head.covers, head.signature, head.keyId);
    if (held === false) return this.#bad(seq + 1, 'forged', 'the signature of the head does not hold');
    // The head of a log that was moved away stays at the old path until the next log has its first checkpoint.
    if (head.log !== this.#firstChain) {
      if (this.#endsWithCheckpoint) return true;
      return this.#bad(
        seq + 1,
        'cut',
        'the head belongs to another log, and this one does not end with a last checkpoint',
      );
    }
    // Only the covered line is signed: who cuts the log can let the head name any earlier line as its own.
    if (this.#headSeen && this.#headCoveredSeen) return true;
    return this.#bad(seq + 1, 'cut', `the end is missing: the head names line ${Math.max(head.seq, head.covers.seq)}`);
  }

  #misplaced(place: number, seq: number, next: ReadLine | undefined): boolean {
    if (seq < place) return this.#bad(place, 'inserted', `a line numbered ${seq} stands in the place of line ${place}`);
    const following = next?.whole === true ? readSeal(next.bytes) : undefined;
    if (following?.seq === place) return this.#bad(place, 'moved', `line ${seq} stands in the place of line ${place}`);
    return this.#bad(place, 'dropped', `${seq - place} lines are missing from line ${place} on`);
  }

  #broken(place: number, next: ReadLine | undefined): boolean {
    const following = next?.whole === true ? readSeal(next.bytes) : undefined;
    if (following?.seq === place) return this.#bad(place, 'inserted', `there are two lines numbered ${place}`);
    return this.#bad(place, 'altered', `line ${place} is not as it was written`);
  }

  #bad(line: number, kind: AuditProblem, problem: string): false {
    this.#found ??= { line, kind, problem };
    return false;
  }
}

function since(provenLine: number): string {
  return provenLine === 0 ? 'nothing in this log is proven' : `line ${provenLine} is the last one proven`;
}
