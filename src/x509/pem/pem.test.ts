import { describe, expect, it } from 'vitest';
import { decodePem, encodePem, readDocument } from './pem.ts';

const der = Buffer.concat([Buffer.from('3081c8', 'hex'), Buffer.alloc(200, 7)]);

describe('PEM', () => {
  it('goes there and back with 64 characters a line', () => {
    const text = encodePem('CERTIFICATE', der);
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBe(64);
    expect(decodePem(text)).toEqual([{ label: 'CERTIFICATE', der }]);
  });

  it('reads several blocks, in order, with text around and CRLF', () => {
    const text = `a note\n${encodePem('CERTIFICATE', der)}${encodePem('PRIVATE KEY', Buffer.of(1))}`.replaceAll(
      '\n',
      '\r\n',
    );
    expect(decodePem(text).map(({ label }) => label)).toEqual(['CERTIFICATE', 'PRIVATE KEY']);
  });

  it.each([
    ['no END line', '-----BEGIN A-----\nAAAA\n'],
    ['another END line', '-----BEGIN A-----\nAAAA\n-----END B-----\n'],
    ['an empty body', '-----BEGIN A-----\n-----END A-----\n'],
    ['a header line', '-----BEGIN A-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END A-----\n'],
    ['base64 that is not canonical', '-----BEGIN A-----\nAAB\n-----END A-----\n'],
    ['a broken BEGIN line', '-----BEGIN a b-----\nAAAA\n-----END a b-----\n'],
  ])('refuses a block with %s', (_name, text) => {
    expect(() => decodePem(text)).toThrow(/malformed PEM/);
  });

  it('refuses too much text and too many blocks', () => {
    expect(() => decodePem('x'.repeat(2_000_000))).toThrow(/too large/);
    expect(() => decodePem(encodePem('A', Buffer.of(1)).repeat(65))).toThrow(/too many/);
  });

  it('a document is DER, one PEM block of the right kind, or base64, within its limit', () => {
    expect(readDocument(der, ['X'], 1000)).toEqual(der);
    expect(readDocument(encodePem('X', der), ['X'], 1000)).toEqual(der);
    expect(readDocument(Buffer.from(encodePem('X', der)), ['X'], 1000)).toEqual(der);
    expect(readDocument(der.toString('base64'), ['X'], 1000)).toEqual(der);
    expect(() => readDocument(encodePem('Y', der), ['X'], 1000)).toThrow(/another kind/);
    expect(() => readDocument(encodePem('X', der).repeat(2), ['X'], 1000)).toThrow(/exactly one/);
    expect(() => readDocument(der, ['X'], 100)).toThrow(/too large/);
    expect(() => readDocument(encodePem('X', der), ['X'], 200)).toThrow(/too large/);
  });
});
