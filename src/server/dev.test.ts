import { describe, expect, it } from 'vitest';
import { devConfig } from './dev.ts';

describe('OPS-07: development mode', () => {
  it.each([
    '0.0.0.0:8200',
    ':8200',
    '[::]:8200',
    '10.0.0.1:8200',
    '[::ffff:10.0.0.1]:8200',
    'example.com:8200',
    '8200',
    '',
  ])('OPS-07: does not listen at "%s"', (address) => {
    expect(() => devConfig(address)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
  });

  it('listens on loopback addresses, in memory, without an audit log', () => {
    expect(devConfig()).toMatchObject({
      storage: { kind: 'memory' },
      listeners: [{ address: '127.0.0.1', port: 8200 }],
      auditSinks: [],
      apiAddress: 'http://127.0.0.1:8200',
    });
    for (const address of ['127.0.0.2:1', 'localhost:1', '[::1]:1']) expect(() => devConfig(address)).not.toThrow();
  });
});
