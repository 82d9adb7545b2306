import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { canonicalAddress } from '../../lib/index.ts';
import { refuseDer } from '../der/index.ts';

/** Address text to the 4 or 16 bytes of an iPAddress name; IPv4 inside IPv6 becomes IPv4. Undefined for anything else. */
export function ipToBytes(text: string): Buffer | undefined {
  if (isIP(text) === 0 || text.includes('%')) return undefined;
  return Buffer.from(ipaddr.parse(canonicalAddress(ipaddr.parse(text).toString())).toByteArray());
}

/** 4 or 16 bytes to address text: dotted, or RFC 5952. */
export function bytesToIp(bytes: Uint8Array): string {
  if (bytes.length !== 4 && bytes.length !== 16) refuseDer('address of bad length');
  const address = ipaddr.fromByteArray([...bytes]);
  return address.kind() === 'ipv6' ? (address as ipaddr.IPv6).toRFC5952String() : address.toString();
}
