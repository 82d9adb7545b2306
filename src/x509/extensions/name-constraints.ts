import { StrongroomError } from '../../lib/index.ts';
import {
  context,
  contextConstructed,
  contextValue,
  type DerReader,
  element,
  readSequence,
  refuseDer,
  sequence,
  tags,
} from '../der/index.ts';
import { decodeString } from '../names/decode-string.ts';
import { encodeGeneralName, type GeneralName, generalNameTags } from '../names/index.ts';
import { encodeExtension, extensionOids } from './extension.ts';

/** A subtree of names. `ip` has address and contiguous mask of 4 or 16 bytes each; `opaque` is a form we cannot judge. */
export type NameSubtree =
  | { readonly kind: 'dns' | 'email' | 'uri'; readonly base: string }
  | { readonly kind: 'ip'; readonly address: Buffer; readonly mask: Buffer }
  | { readonly kind: 'directory'; readonly der: Buffer }
  | { readonly kind: 'opaque'; readonly tag: number };

export interface NameConstraints {
  readonly permitted: readonly NameSubtree[];
  readonly excluded: readonly NameSubtree[];
}

const maxSubtrees = 512;

function encodeBase(subtree: NameSubtree): Buffer {
  switch (subtree.kind) {
    case 'ip':
      return contextValue(7, Buffer.concat([subtree.address, subtree.mask]));
    case 'directory':
      return encodeGeneralName({ kind: 'directory', der: subtree.der } satisfies GeneralName);
    case 'opaque':
      throw new RangeError('cannot write a constraint of a form we do not know');
    default:
      return element(generalNameTags[subtree.kind], Buffer.from(subtree.base, 'latin1'));
  }
}

const encodeList = (number: number, subtrees: readonly NameSubtree[]): Buffer[] =>
  subtrees.length === 0 ? [] : [context(number, ...subtrees.map((subtree) => sequence(encodeBase(subtree))))];

/** RFC 5280 4.2.1.10: critical, CA only; minimum and maximum are never written; not empty. */
export function encodeNameConstraints({ permitted, excluded }: NameConstraints): Buffer {
  if (permitted.length > maxSubtrees || excluded.length > maxSubtrees)
    throw new StrongroomError('invalid_field', 'too many name constraints', { hint: `${maxSubtrees} at most` });
  const value = sequence(...encodeList(0, permitted), ...encodeList(1, excluded));
  if (value.length === 2) throw new RangeError('nameConstraints must not be empty');
  return encodeExtension(extensionOids.nameConstraints, true, value);
}

/** A mask is a run of ones followed by zeros (RFC 4632). */
function isContiguous(mask: Uint8Array): boolean {
  let ended = false;
  for (let bit = 0; bit < mask.length * 8; bit += 1) {
    const set = ((mask[bit >> 3] as number) & (0x80 >> (bit & 7))) !== 0;
    if (set && ended) return false;
    if (!set) ended = true;
  }
  return true;
}

function readIpSubtree(content: Buffer): NameSubtree {
  if (content.length !== 8 && content.length !== 32) refuseDer('address constraint of bad length');
  const half = content.length / 2;
  const [address, mask] = [content.subarray(0, half), content.subarray(half)];
  if (!isContiguous(mask)) refuseDer('address constraint with a broken mask');
  return { kind: 'ip', address, mask };
}

function readSubtree(reader: DerReader): NameSubtree {
  const tag = reader.peek();
  const text = (): string => decodeString(tags.ia5String, reader.read(tag)).toLowerCase();
  switch (tag) {
    case generalNameTags.dns:
      return { kind: 'dns', base: text() };
    case generalNameTags.uri:
      return { kind: 'uri', base: text() };
    case generalNameTags.email:
      return { kind: 'email', base: decodeString(tags.ia5String, reader.read(tag)) };
    case generalNameTags.ip:
      return readIpSubtree(reader.read(tag));
    case generalNameTags.directory: {
      const inner = reader.enter(tag);
      const der = inner.readWhole(tags.sequence);
      inner.finish();
      return { kind: 'directory', der };
    }
    default:
      if ((tag & 0xc0) !== 0x80) refuseDer('not a general name');
      reader.readWhole(tag);
      return { kind: 'opaque', tag };
  }
}

function readSubtrees(list: DerReader | undefined): NameSubtree[] {
  if (!list) return [];
  const subtrees: NameSubtree[] = [];
  do {
    const member = list.enter();
    subtrees.push(readSubtree(member));
    // RFC 5280 4.2.1.10: minimum is 0 (a DEFAULT) and maximum absent, so nothing may follow the base.
    member.finish();
    if (subtrees.length > maxSubtrees) refuseDer('too many name constraints');
  } while (!list.done);
  return subtrees;
}

export function decodeNameConstraints(value: Buffer): NameConstraints {
  const reader = readSequence(value);
  if (reader.peek() !== contextConstructed(0) && reader.peek() !== contextConstructed(1))
    refuseDer('empty nameConstraints');
  const permitted = readSubtrees(reader.enterContext(0));
  const excluded = readSubtrees(reader.enterContext(1));
  reader.finish();
  return { permitted, excluded };
}
