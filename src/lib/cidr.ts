import { BlockList, isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { StrongroomError } from './errors.ts';

/** An address block in canonical text: what was asked for, with a bare address kept bare (as Vault shows it back). */
export interface CidrList {
  readonly texts: readonly string[];
  /** True when the list is empty (no restriction) or the address lies in one of its blocks. */
  allows(address: string | undefined): boolean;
  /**
   * True when the list is empty or all of a block lies in one of its blocks. The block is one that `parseCidrList`
   * took; one that only several blocks together hold is not seen as covered.
   */
  covers(block: string): boolean;
}

const mappedPattern = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i;
const mappedHexPattern = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i;

/** IPv4 inside IPv6 (RFC 4291 2.5.5.2) is one address with its IPv4 form; zone ids are dropped. */
export function canonicalAddress(address: string): string {
  const bare = address.split('%', 1)[0] as string;
  const dotted = mappedPattern.exec(bare);
  if (dotted) return dotted[1] as string;
  const hex = mappedHexPattern.exec(bare);
  if (!hex) return bare.toLowerCase();
  const high = Number.parseInt(hex[1] as string, 16);
  const low = Number.parseInt(hex[2] as string, 16);
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
}

const longestAddress = 64;

/** An address in its one spelling; undefined for a text that is none: with a port, a block, a name, a list. */
export function readAddress(text: string): string | undefined {
  if (text.length > longestAddress) return undefined;
  const address = canonicalAddress(text);
  return isIP(address) === 0 ? undefined : address;
}

function refuse(text: string): never {
  throw new StrongroomError('invalid_field', `"${text.slice(0, 64)}" is not an address block`, {
    hint: 'write an address (10.0.0.5) or a block whose host bits are zero (10.0.0.0/8, 2001:db8::/32)',
  });
}

function hostBitsSet(block: string, address: string, family: 4 | 6): boolean {
  const kind = family === 4 ? ipaddr.IPv4 : ipaddr.IPv6;
  return kind.networkAddressFromCIDR(block).toNormalizedString() !== kind.parse(address).toNormalizedString();
}

/**
 * Reads a list of address blocks. Refuses lenient spellings (leading zeros, short forms, host bits, out-of-range
 * prefixes, blanks, empty entries). The empty list means no restriction, everywhere.
 */
export function parseCidrList(texts: readonly string[]): CidrList {
  const blocks = new BlockList();
  for (const text of texts) addBlock(blocks, text);
  // Read once, when first asked for: a list is compared with each block of another.
  let read: readonly Block[] | undefined;
  return {
    texts: [...texts],
    allows(address) {
      if (texts.length === 0) return true;
      if (address === undefined) return false;
      const canonical = canonicalAddress(address);
      const family = isIP(canonical);
      if (family === 0) return false;
      return blocks.check(canonical, family === 4 ? 'ipv4' : 'ipv6');
    },
    covers(block) {
      if (texts.length === 0) return true;
      const [address, prefix] = readBlock(block);
      read ??= texts.map(readBlock);
      return read.some(([own, ownPrefix]) => {
        return own.kind() === address.kind() && ownPrefix <= prefix && address.match(own, ownPrefix);
      });
    },
  };
}

/** As many as a credential, role or user may be bound to: each request of it is compared with all of them. */
export const maxAddressBlocks = 256;

/** Address blocks that can be read, and not so many that comparing them with others, or an address, takes long. */
export function requireAddressBlocks(texts: readonly string[]): CidrList {
  if (texts.length > maxAddressBlocks) {
    throw new StrongroomError('invalid_field', 'too many address blocks', {
      hint: `at most ${maxAddressBlocks}: join neighbours to larger blocks`,
    });
  }
  return parseCidrList(texts);
}

type Block = readonly [ipaddr.IPv4 | ipaddr.IPv6, number];

/** A bare address is a block of its own. */
function readBlock(text: string): Block {
  if (text.includes('/')) return ipaddr.parseCIDR(text);
  const address = ipaddr.parse(text);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

function addBlock(blocks: BlockList, text: string): void {
  const slash = text.indexOf('/');
  const address = slash === -1 ? text : text.slice(0, slash);
  const family = isIP(address);
  if (family === 0 || address.includes('%')) refuse(text);
  const kind = family === 4 ? 'ipv4' : 'ipv6';
  if (family === 6 && canonicalAddress(address) !== address.toLowerCase()) refuse(text);
  if (slash === -1) {
    blocks.addAddress(address, kind);
    return;
  }
  const prefixText = text.slice(slash + 1);
  if (!/^(0|[1-9]\d{0,2})$/.test(prefixText)) refuse(text);
  const prefix = Number(prefixText);
  if (prefix > (family === 4 ? 32 : 128)) refuse(text);
  if (hostBitsSet(text, address, family as 4 | 6)) refuse(text);
  blocks.addSubnet(address, prefix, kind);
}
