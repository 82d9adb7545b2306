import type { IncomingMessage } from 'node:http';
import { isIP, SocketAddress } from 'node:net';
import { canonicalAddress, StrongroomError } from '../../lib/index.ts';
import { connectionOf } from './connection.ts';
import type { TrustedProxies } from './trusted-proxies.ts';

const maxFieldLength = 4096;
const maxEntries = 32;

function refuse(message: string): never {
  throw new StrongroomError('invalid_request', message, { hint: 'look at the proxy that sends X-Forwarded-For' });
}

/**
 * The address of who is calling, in canonical text. The peer's own, unless the peer is a trusted proxy: then the
 * rightmost entry of X-Forwarded-For that is not itself a trusted proxy, since entries further left are what the client
 * may have written. Without `trustedProxies` those of the listener that accepted the connection count.
 *
 * Throws `invalid_request` when the field is missing, unreadable or comes from the wrong peer and the settings refuse
 * that; an entry that is not an address is never skipped (NET-04).
 */
export function clientAddress(
  incoming: IncomingMessage,
  trustedProxies: TrustedProxies | undefined = connectionOf(incoming.socket)?.trustedProxies,
): string {
  const peer = peerAddress(incoming);
  if (trustedProxies === undefined) return peer;
  if (trustedProxies.addresses.texts.length === 0) return peer;
  const field = forwardedFor(incoming);
  if (field === undefined) {
    return trustedProxies.rejectNotPresent ? refuse('the X-Forwarded-For field is missing') : peer;
  }
  if (!trustedProxies.addresses.allows(peer)) {
    return trustedProxies.rejectNotAuthorized ? refuse('this address may not send X-Forwarded-For') : peer;
  }
  return readFromRight(field, trustedProxies);
}

/** The address at the other end of the connection. */
export function peerAddress(incoming: IncomingMessage): string {
  const connection = connectionOf(incoming.socket);
  const address = connection?.remoteAddress ?? canonicalAddress(incoming.socket.remoteAddress ?? '');
  return address === '' ? refuse('the connection is closed') : address;
}

function forwardedFor(incoming: IncomingMessage): string | undefined {
  const field = incoming.headers['x-forwarded-for'];
  return Array.isArray(field) ? field.join(',') : field;
}

function readFromRight(field: string, proxies: TrustedProxies): string {
  if (field.length > maxFieldLength) refuse('the X-Forwarded-For field is too long');
  const entries = field.split(',');
  if (entries.length > maxEntries) refuse('the X-Forwarded-For field has too many entries');
  let index = entries.length - 1 - proxies.hopSkips;
  if (index < 0) refuse('the X-Forwarded-For field has fewer entries than are to be skipped');
  for (let skipped = entries.length - 1; skipped > index; skipped -= 1) readEntry(entries[skipped]);
  let address = readEntry(entries[index]);
  while (index > 0 && proxies.addresses.allows(address)) {
    index -= 1;
    address = readEntry(entries[index]);
  }
  return address;
}

/** One address, in the one spelling everything else compares with: every way to write IPv4 inside IPv6 becomes IPv4 (NET-01). */
function readEntry(entry: string | undefined): string {
  const text = entry?.trim() ?? '';
  const family = isIP(text);
  if (family === 0 || text.includes('%')) refuse('the X-Forwarded-For field holds what is not an address');
  if (family === 4) return text;
  return canonicalAddress(new SocketAddress({ address: text, family: 'ipv6' }).address);
}
