import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { parseCidrList } from '../../lib/index.ts';
import { clientAddress } from './client-address.ts';
import { openTest, RawClient } from './test-listener.ts';
import type { TrustedProxies } from './trusted-proxies.ts';

const proxies = (more: Partial<TrustedProxies> = {}, ...addresses: string[]): TrustedProxies => ({
  addresses: parseCidrList(addresses.length === 0 ? ['10.0.0.0/8', '2001:db8::/32'] : addresses),
  hopSkips: 0,
  rejectNotPresent: true,
  rejectNotAuthorized: true,
  ...more,
});

const from = (remoteAddress: string, field?: string): IncomingMessage =>
  ({
    socket: { remoteAddress },
    headers: field === undefined ? {} : { 'x-forwarded-for': field },
  }) as unknown as IncomingMessage;

const refused = expect.objectContaining({ code: 'invalid_request' });

describe('without trusted proxies', () => {
  it('NET-03: the address is the peer, whatever the field says', () => {
    expect(clientAddress(from('192.0.2.1', '203.0.113.9'), undefined)).toBe('192.0.2.1');
    expect(clientAddress(from('192.0.2.1', 'rubbish'), undefined)).toBe('192.0.2.1');
    expect(clientAddress(from('192.0.2.1', '203.0.113.9'), { ...proxies(), addresses: parseCidrList([]) })).toBe(
      '192.0.2.1',
    );
  });

  it('NET-01: IPv4 inside IPv6 is its IPv4 form', () => {
    expect(clientAddress(from('::ffff:10.0.0.5'), undefined)).toBe('10.0.0.5');
  });
});

describe('behind trusted proxies', () => {
  it('NET-03: an untrusted peer is refused, or is itself the client where the settings say so', () => {
    expect(() => clientAddress(from('192.0.2.1', '203.0.113.9'), proxies())).toThrow(refused);
    const lenient = proxies({ rejectNotAuthorized: false });
    expect(clientAddress(from('192.0.2.1', '203.0.113.9'), lenient)).toBe('192.0.2.1');
  });

  it('NET-03: the field is read from the right, so that a spoofed first entry counts for nothing', () => {
    expect(clientAddress(from('10.0.0.1', '198.51.100.1, 203.0.113.9'), proxies())).toBe('203.0.113.9');
    expect(clientAddress(from('10.0.0.1', '198.51.100.1, 203.0.113.9, 10.9.9.9, 2001:db8::7'), proxies())).toBe(
      '203.0.113.9',
    );
    expect(clientAddress(from('::ffff:10.0.0.1', 'x, 203.0.113.9'), proxies())).toBe('203.0.113.9');
    expect(clientAddress(from('10.0.0.1', '10.0.0.7'), proxies())).toBe('10.0.0.7');
  });

  it('hop_skips leaves out that many entries from the right, and refuses when there are not enough', () => {
    expect(clientAddress(from('10.0.0.1', '203.0.113.9, 192.0.2.7'), proxies({ hopSkips: 1 }))).toBe('203.0.113.9');
    expect(() => clientAddress(from('10.0.0.1', '203.0.113.9'), proxies({ hopSkips: 1 }))).toThrow(refused);
    expect(() => clientAddress(from('10.0.0.1', '203.0.113.9, a'), proxies({ hopSkips: 1 }))).toThrow(refused);
  });

  it('a missing field is refused, or the peer is the client where the settings say so', () => {
    expect(() => clientAddress(from('10.0.0.1'), proxies())).toThrow(refused);
    expect(clientAddress(from('10.0.0.1'), proxies({ rejectNotPresent: false }))).toBe('10.0.0.1');
  });

  it.each([
    'a',
    '',
    ' ',
    ',',
    'unknown',
    '203.0.113.9,',
    ',203.0.113.9,',
    '203.0.113.9:80',
    '[2001:db8::1]:80',
    'fe80::1%eth0',
    '010.0.0.1',
    '10.1',
    '0x7f.1',
    '203.0.113.256',
    '203.0.113.9 10.0.0.1',
    '"203.0.113.9"',
    'a'.repeat(10_240),
    Array(33).fill('203.0.113.9').join(','),
    'a, 10.0.0.2',
    '203.0.113.9, 10.0.0.2, zzz',
  ])('NET-04: %j from a trusted proxy is refused, with and without lenient settings', (field) => {
    expect(() => clientAddress(from('10.0.0.1', field), proxies())).toThrow(refused);
    const lenient = proxies({ rejectNotPresent: false, rejectNotAuthorized: false });
    expect(() => clientAddress(from('10.0.0.1', field), lenient)).toThrow(refused);
  });

  it.each([
    '::ffff:203.0.113.9',
    '::FFFF:cb00:7109',
    '0:0:0:0:0:ffff:203.0.113.9',
    '0000:0000:0000:0000:0000:FFFF:CB00:7109',
  ])('NET-01: %s is 203.0.113.9', (field) => {
    expect(clientAddress(from('10.0.0.1', field), proxies())).toBe('203.0.113.9');
  });

  it('NET-01: IPv6 has one spelling', () => {
    expect(clientAddress(from('10.0.0.1', '2001:0DC8:0:0:0::1'), proxies())).toBe('2001:dc8::1');
  });

  it('NET-03: the proxies of the listener that accepted the connection count, over a real connection', async () => {
    const test = await openTest({
      trustedProxies: proxies({}, '127.0.0.1'),
      handle: (incoming, outgoing) => void outgoing.end(clientAddress(incoming)),
    });
    const client = await RawClient.open(test.listener);
    const fields = 'X-Forwarded-For: 198.51.100.1\r\nx-forwarded-for: 203.0.113.9';
    const answer = await client.request(`LIST / HTTP/1.1\r\nHost: a\r\n${fields}\r\n\r\n`);
    expect(answer?.body).toBe('203.0.113.9');
    client.close();
    await test.listener.stop({ graceMillis: 0 });
  });
});
