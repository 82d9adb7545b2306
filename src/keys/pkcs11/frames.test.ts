import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameReader, FrameWriter, maximumFrameBytes, splitPair, uint32 } from './frames.ts';

type Seen = [number, number, string];

function collect(chunks: readonly Buffer[]): Seen[] {
  const seen: Seen[] = [];
  const reader = new FrameReader((id, code, payload) => seen.push([id, code, payload.toString('hex')]));
  for (const chunk of chunks) reader.push(chunk);
  return seen;
}

const frame = fc.record({
  id: fc.nat(0xffff_ffff),
  code: fc.nat(255),
  payload: fc.uint8Array({ maxLength: 40_000 }),
});

describe('frames', () => {
  it('come out as they went in, however the stream is cut, and batches go out in one write', () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 20 }), fc.integer({ min: 1, max: 9999 }), (frames, cut) => {
        const written: Buffer[] = [];
        const writer = new FrameWriter((bytes) => written.push(Buffer.from(bytes)));
        for (const { id, code, payload } of frames)
          writer.append(id, code, [payload.subarray(0, 3), payload.subarray(3)]);
        writer.flush();
        writer.flush();
        expect(written.length).toBe(frames.length === 0 ? 0 : 1);
        const all = Buffer.concat(written);
        const chunks: Buffer[] = [];
        for (let at = 0; at < all.length; at += cut) chunks.push(all.subarray(at, at + cut));
        expect(collect(chunks)).toEqual(
          frames.map(({ id, code, payload }) => [id, code, Buffer.from(payload).toString('hex')]),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('of impossible length are refused in both directions', () => {
    for (const length of [0, 4, maximumFrameBytes + 1, 0xffff_ffff]) {
      expect(() => collect([Buffer.concat([uint32(length), Buffer.alloc(8)])])).toThrow(RangeError);
    }
    const writer = new FrameWriter(() => undefined);
    expect(() => writer.append(1, 1, [Buffer.alloc(maximumFrameBytes)])).toThrow(RangeError);
    expect(writer.isEmpty).toBe(true);
  });

  it('a pair is split where its length says, and refused when that lies beyond the end', () => {
    const [first, second] = splitPair(Buffer.concat([uint32(2), Buffer.from('abcde')]));
    expect([String(first), String(second)]).toEqual(['ab', 'cde']);
    for (const bad of [Buffer.alloc(0), Buffer.alloc(3), uint32(1), uint32(0xffff_ffff)]) {
      expect(() => splitPair(bad)).toThrow(RangeError);
    }
  });
});
