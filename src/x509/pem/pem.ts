import { StrongroomError } from '../../lib/index.ts';

export interface PemLimits {
  /** Characters of text taken in at all. */
  readonly maxCharacters: number;
  readonly maxBlocks: number;
}

export interface PemBlock {
  readonly label: string;
  readonly der: Buffer;
}

const defaultLimits: PemLimits = { maxCharacters: 1_048_576, maxBlocks: 64 };
const labelPattern = /^[A-Z0-9]+(?: [A-Z0-9]+)*$/;

function refusePem(reason: string): never {
  throw new StrongroomError('invalid_field', `malformed PEM: ${reason}`, {
    hint: 'send -----BEGIN …----- blocks of base64 lines (RFC 7468)',
  });
}

/** PEM text of one document: 64 characters a line, ending in a newline (RFC 7468 2). */
export function encodePem(label: string, der: Uint8Array): string {
  const base64 = Buffer.from(der.buffer, der.byteOffset, der.byteLength).toString('base64');
  let text = `-----BEGIN ${label}-----\n`;
  for (let offset = 0; offset < base64.length; offset += 64) text += `${base64.slice(offset, offset + 64)}\n`;
  return `${text}-----END ${label}-----\n`;
}

function decodeBody(body: string): Buffer {
  const base64 = body.replace(/[ \t\r\n]+/g, '');
  const der = Buffer.from(base64, 'base64');
  if (base64.length === 0 || der.toString('base64') !== base64) refusePem('body is not base64');
  return der;
}

/**
 * All blocks of a PEM text, in order. Text between blocks is passed over (RFC 7468 2 allows explanatory text); header
 * lines inside a block (old encrypted keys) are refused. Base64 must be canonical.
 */
export function decodePem(text: string, limits: PemLimits = defaultLimits): PemBlock[] {
  if (text.length > limits.maxCharacters) refusePem('text too large');
  const blocks: PemBlock[] = [];
  let offset = text.indexOf('-----BEGIN ');
  while (offset !== -1) {
    const labelStart = offset + 11;
    const labelEnd = text.indexOf('-----', labelStart);
    if (labelEnd === -1 || labelEnd - labelStart > 64) refusePem('broken BEGIN line');
    const label = text.slice(labelStart, labelEnd);
    if (!labelPattern.test(label)) refusePem('broken BEGIN line');
    const trailer = `-----END ${label}-----`;
    const bodyEnd = text.indexOf(trailer, labelEnd + 5);
    if (bodyEnd === -1) refusePem('block without its END line');
    if (blocks.length >= limits.maxBlocks) refusePem('too many blocks');
    blocks.push({ label, der: decodeBody(text.slice(labelEnd + 5, bodyEnd)) });
    offset = text.indexOf('-----BEGIN ', bodyEnd + trailer.length);
  }
  return blocks;
}

/**
 * DER of one document given as DER, as one PEM block with one of `labels`, or as bare base64 of DER. Refuses what is
 * larger than `maxBytes`, more than one block, and other labels.
 */
export function readDocument(input: string | Uint8Array, labels: readonly string[], maxBytes: number): Buffer {
  if (typeof input !== 'string') {
    if (input.length > maxBytes) refusePem('document too large');
    if (input[0] === 0x30) return Buffer.from(input);
    return readDocument(Buffer.from(input).toString('latin1'), labels, maxBytes);
  }
  // Base64 takes four characters for three bytes; line breaks and the frame are given a third on top.
  if (input.length > maxBytes * 2) refusePem('document too large');
  if (!input.includes('-----BEGIN ')) return limitBytes(decodeBody(input), maxBytes);
  const blocks = decodePem(input, { maxCharacters: maxBytes * 2, maxBlocks: 2 });
  const block = blocks[0];
  if (!block || blocks.length > 1) refusePem('exactly one block is expected');
  if (!labels.includes(block.label)) refusePem('block of another kind');
  return limitBytes(block.der, maxBytes);
}

function limitBytes(der: Buffer, maxBytes: number): Buffer {
  return der.length > maxBytes ? refusePem('document too large') : der;
}
