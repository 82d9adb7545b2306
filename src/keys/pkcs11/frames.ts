/**
 * What goes over the pipe between the server and the child that owns the PKCS#11 module, in both directions:
 * length (uint32, of what follows) ‖ id of the request (uint32) ‖ code (uint8) ‖ payload. Numbers are big-endian.
 */
const lengthBytes = 4;
const headBytes = 5;
export const maximumFrameBytes = 16 * 1024 * 1024;

/** Gathers frames and hands them on in one piece, so that a busy tick costs one write. */
export class FrameWriter {
  readonly #write: (bytes: Buffer) => void;
  #batch = Buffer.allocUnsafe(16_384);
  #used = 0;

  constructor(write: (bytes: Buffer) => void) {
    this.#write = write;
  }

  get isEmpty(): boolean {
    return this.#used === 0;
  }

  append(id: number, code: number, parts: readonly Uint8Array[]): void {
    let size = headBytes;
    for (const part of parts) size += part.byteLength;
    if (size > maximumFrameBytes) throw new RangeError('frame too long');
    this.#makeRoom(lengthBytes + size);
    const batch = this.#batch;
    let at = this.#used;
    at = batch.writeUInt32BE(size, at);
    at = batch.writeUInt32BE(id, at);
    at = batch.writeUInt8(code, at);
    for (const part of parts) {
      batch.set(part, at);
      at += part.byteLength;
    }
    this.#used = at;
  }

  flush(): void {
    if (this.#used === 0) return;
    const bytes = this.#batch.subarray(0, this.#used);
    // The stream keeps the batch until the system has taken it: the next one needs a buffer of its own.
    this.#batch = Buffer.allocUnsafe(16_384);
    this.#used = 0;
    this.#write(bytes);
  }

  #makeRoom(size: number): void {
    const needed = this.#used + size;
    if (needed <= this.#batch.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, 2 * this.#batch.length));
    this.#batch.copy(grown, 0, 0, this.#used);
    this.#batch.fill(0, 0, this.#used);
    this.#batch = grown;
  }
}

export type FrameHandler = (id: number, code: number, payload: Buffer) => void;

/** Cuts a stream of bytes into frames. The payload given to the handler is a view: copy what has to last. */
export class FrameReader {
  readonly #handle: FrameHandler;
  #rest: Buffer = Buffer.alloc(0);

  constructor(handle: FrameHandler) {
    this.#handle = handle;
  }

  /** Throws RangeError for a length no frame has: the stream cannot be followed any further. */
  push(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (bytes.length - at >= lengthBytes) {
      const size = bytes.readUInt32BE(at);
      if (size < headBytes || size > maximumFrameBytes) throw new RangeError('not a frame');
      const end = at + lengthBytes + size;
      if (end > bytes.length) break;
      const id = bytes.readUInt32BE(at + 4);
      this.#handle(id, bytes[at + 8] as number, bytes.subarray(at + 9, end));
      at = end;
    }
    this.#rest = at === bytes.length ? Buffer.alloc(0) : bytes.subarray(at);
  }
}

/** Two byte strings in one payload: length of the first (uint32), the first, the second. */
export function splitPair(payload: Buffer): readonly [Buffer, Buffer] {
  const first = payload.length >= 4 ? payload.readUInt32BE(0) : Number.POSITIVE_INFINITY;
  if (4 + first > payload.length) throw new RangeError('not a pair');
  return [payload.subarray(4, 4 + first), payload.subarray(4 + first)];
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
