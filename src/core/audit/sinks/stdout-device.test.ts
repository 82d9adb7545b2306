import { describe, expect, it } from 'vitest';
import { StdoutDevice } from './stdout-device.ts';
import type { WriteBytes } from './write-whole.ts';

/** A descriptor that takes `room` bytes, then answers with `code`. */
function limited(code: string): { write: WriteBytes; text: () => string; room: number } {
  let text = '';
  const descriptor = {
    room: 0,
    text: () => text,
    write: ((_fd, bytes, offset, length, done) => {
      const part = Math.min(length, descriptor.room);
      if (part === 0) return done(Object.assign(new Error('no'), { code }), 0);
      descriptor.room -= part;
      text += bytes.toString('utf8', offset, offset + part);
      return done(null, part);
    }) satisfies WriteBytes,
  };
  return descriptor;
}

function append(device: StdoutDevice, text: string): Promise<unknown> {
  return new Promise((resolve) => device.append(Buffer.from(text), resolve));
}

describe('standard output', () => {
  it('AUD-07: a line that was cut short is closed before the next one', async () => {
    const descriptor = limited('EIO');
    const device = new StdoutDevice(1, descriptor.write);
    descriptor.room = 3;
    expect(await append(device, 'first\n')).toMatchObject({ code: 'EIO' });
    expect(await append(device, 'second\n')).toMatchObject({ code: 'EIO' });
    descriptor.room = 100;
    expect(await append(device, 'third\n')).toBeUndefined();
    expect(await append(device, 'fourth\n')).toBeUndefined();
    expect(descriptor.text()).toBe('fir\nthird\nfourth\n');
  });

  it('AUD-01: a full pipe is waited for until the write is given up', async () => {
    const descriptor = limited('EAGAIN');
    const device = new StdoutDevice(1, descriptor.write);
    const waiting = append(device, 'first\n');
    descriptor.room = 6;
    expect(await waiting).toBeUndefined();
    const stuck = append(device, 'second\n');
    device.abandon();
    expect(await stuck).toMatchObject({ code: 'EAGAIN' });
    expect(descriptor.text()).toBe('first\n');
  });
});
