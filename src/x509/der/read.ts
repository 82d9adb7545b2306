import { readHeader } from './check-der.ts';
import { decodeOid } from './oid.ts';
import { refuseDer } from './refuse.ts';
import { contextConstructed, contextPrimitive, tags } from './tags.ts';
import { decodeTime } from './time.ts';

/**
 * A cursor over the elements inside one constructed element. Every `read…` checks the tag, moves on and answers a view
 * of the source (no copy). `finish()` refuses what is left over.
 */
export class DerReader {
  readonly #bytes: Buffer;
  readonly #limit: number;
  #offset: number;

  constructor(bytes: Buffer, offset = 0, limit = bytes.length) {
    this.#bytes = bytes;
    this.#offset = offset;
    this.#limit = limit;
  }

  get done(): boolean {
    return this.#offset >= this.#limit;
  }

  /** Tag of the next element, or -1 at the end. */
  peek(): number {
    return this.done ? -1 : (this.#bytes[this.#offset] as number);
  }

  /** Content of the next element, which must have `tag`. */
  read(tag: number): Buffer {
    const header = this.#next(tag);
    return this.#bytes.subarray(header.contentStart, header.end);
  }

  /** The next element whole, with identifier and length. */
  readWhole(tag: number = this.peek()): Buffer {
    const start = this.#offset;
    const header = this.#next(tag);
    return this.#bytes.subarray(start, header.end);
  }

  /** A cursor inside the next element, which must have the constructed `tag`. */
  enter(tag: number = tags.sequence): DerReader {
    const header = this.#next(tag);
    return new DerReader(this.#bytes, header.contentStart, header.end);
  }

  /** A cursor inside `[n]` if it comes next. */
  enterContext(number: number): DerReader | undefined {
    return this.peek() === contextConstructed(number) ? this.enter(contextConstructed(number)) : undefined;
  }

  /** Content of primitive `[n]` if it comes next. */
  readContext(number: number): Buffer | undefined {
    return this.peek() === contextPrimitive(number) ? this.read(contextPrimitive(number)) : undefined;
  }

  readOid(): string {
    return decodeOid(this.read(tags.oid));
  }

  readTime(): number {
    const tag = this.peek();
    return decodeTime(tag, this.read(tag));
  }

  /** Whole bytes of a BIT STRING without unused bits. */
  readBitString(): Buffer {
    const content = this.read(tags.bitString);
    if (content[0] !== 0) refuseDer('BIT STRING with unused bits');
    return content.subarray(1);
  }

  /** A non-negative INTEGER of at most four bytes. */
  readSmallInteger(tag: number = tags.integer): number {
    return decodeSmallInteger(this.read(tag));
  }

  /** BOOLEAN DEFAULT FALSE: an explicit FALSE is not DER (X.690 11.5). */
  readDefaultFalse(): boolean {
    if (this.peek() !== tags.boolean) return false;
    const content = this.read(tags.boolean);
    if (content.length !== 1 || content[0] !== 0xff) refuseDer('BOOLEAN default written out');
    return true;
  }

  finish(): void {
    if (!this.done) refuseDer('unexpected element');
  }

  #next(tag: number): { contentStart: number; end: number } {
    if (this.peek() !== tag) refuseDer('unexpected type');
    const header = readHeader(this.#bytes, this.#offset, this.#limit);
    this.#offset = header.end;
    return header;
  }
}

/** Content of a non-negative INTEGER of at most four bytes, shortest form. */
export function decodeSmallInteger(content: Uint8Array): number {
  const first = content[0];
  if (first === undefined || content.length > 4 || first >= 0x80) refuseDer('INTEGER out of range');
  if (content.length > 1 && first === 0 && (content[1] as number) < 0x80) refuseDer('INTEGER not in its shortest form');
  return content.reduce((value, octet) => value * 256 + octet, 0);
}

/** Positions of the set bits of a named BIT STRING; trailing zero bits are refused (X.690 11.2.2). */
export function decodeNamedBits(content: Uint8Array): number[] {
  const unused = content[0];
  const last = content[content.length - 1];
  if (unused === undefined || last === undefined || content.length > 5 || unused > 7) refuseDer('bad named bits');
  if (content.length === 1) {
    if (unused !== 0) refuseDer('bad named bits');
    return [];
  }
  if (((last >> unused) & 1) === 0 || (last & ((1 << unused) - 1)) !== 0) refuseDer('named bits with trailing zeros');
  const bits: number[] = [];
  for (let bit = 0; bit < (content.length - 1) * 8; bit += 1) {
    if (((content[1 + (bit >> 3)] as number) & (0x80 >> (bit & 7))) !== 0) bits.push(bit);
  }
  return bits;
}

/** A cursor over the one SEQUENCE that must fill `bytes`. */
export function readSequence(bytes: Buffer): DerReader {
  const outer = new DerReader(bytes);
  const inner = outer.enter(tags.sequence);
  outer.finish();
  return inner;
}
