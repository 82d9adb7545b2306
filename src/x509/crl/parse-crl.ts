import type { SignatureScheme } from '../../crypto/index.ts';
import { readSerial } from '../certificate/index.ts';
import {
  checkDer,
  contextConstructed,
  DerReader,
  decodeGeneralizedTime,
  readSequence,
  refuseDer,
  tags,
} from '../der/index.ts';
import { decodeAuthorityKeyIdentifier, type Extension, extensionOids, readExtensions } from '../extensions/index.ts';
import { maxNameBytes, readRawAttributes } from '../names/index.ts';
import { readDocument } from '../pem/pem.ts';
import { schemeOfIdentifier } from '../public-key/index.ts';
import { decodeIssuingDistributionPoint, type IssuingDistributionPoint } from './issuing-distribution-point.ts';
import { type RevocationReason, reasonOfNumber } from './reasons.ts';

export const maxCrlBytes = 64 * 1024 * 1024;
const maxForeignCrlBytes = 16 * 1024 * 1024;

/** One entry as read. */
export interface ParsedRevocation {
  readonly revokedAtSeconds: number;
  readonly reason: RevocationReason;
}

/** A CRL read strictly; its signature is not verified here. Buffers are views of `der`. */
export interface ParsedCrl {
  readonly der: Buffer;
  readonly tbs: Buffer;
  readonly signatureIdentifier: Buffer;
  readonly scheme: SignatureScheme | undefined;
  readonly signature: Buffer;
  readonly issuer: Buffer;
  readonly thisUpdateSeconds: number;
  readonly nextUpdateSeconds: number;
  /** By lower hex of the serial's content octets. */
  readonly revoked: ReadonlyMap<string, ParsedRevocation>;
  readonly extensions: ReadonlyMap<string, Extension>;
  readonly authorityKeyIdentifier: Buffer | undefined;
  readonly number: bigint | undefined;
  readonly deltaBaseNumber: bigint | undefined;
  readonly issuingDistributionPoint: IssuingDistributionPoint | undefined;
}

/** Key of a serial number in `ParsedCrl.revoked`. */
export function serialKey(serial: Uint8Array): string {
  return Buffer.from(serial.buffer, serial.byteOffset, serial.byteLength)
    .toString('hex')
    .replace(/^00(?=.)/, '');
}

function readEntryReason(extensions: ReadonlyMap<string, Extension>): RevocationReason {
  let reason: RevocationReason = 'unspecified';
  for (const { oid, critical, value } of extensions.values()) {
    const reader = new DerReader(value);
    if (oid === extensionOids.reasonCode) {
      reason = reasonOfNumber(reader.readSmallInteger(tags.enumerated)) ?? refuseDer('unknown revocation reason');
      reader.finish();
    } else if (oid === extensionOids.invalidityDate) {
      decodeGeneralizedTime(reader.read(tags.generalizedTime));
      reader.finish();
    } else if (critical || oid === extensionOids.certificateIssuer) {
      refuseDer('CRL entry with an extension we do not handle');
    }
  }
  return reason;
}

function readEntries(list: DerReader): Map<string, ParsedRevocation> {
  const revoked = new Map<string, ParsedRevocation>();
  do {
    const entry = list.enter();
    const key = serialKey(readSerial(entry));
    const revokedAtSeconds = entry.readTime();
    const reason = entry.done ? 'unspecified' : readEntryReason(readExtensions(entry));
    entry.finish();
    if (revoked.has(key)) refuseDer('the same serial number twice in a CRL');
    revoked.set(key, { revokedAtSeconds, reason });
  } while (!list.done);
  return revoked;
}

function readNumber(extension: Extension | undefined): bigint | undefined {
  if (!extension) return undefined;
  const reader = new DerReader(extension.value);
  const content = reader.read(tags.integer);
  reader.finish();
  if (content.length === 0 || content.length > 20 || (content[0] as number) >= 0x80)
    refuseDer('CRL number out of range');
  return BigInt(`0x${content.toString('hex')}`);
}

const handledCritical: ReadonlySet<string> = new Set([
  extensionOids.issuingDistributionPoint,
  extensionOids.deltaCrlIndicator,
  extensionOids.crlNumber,
  extensionOids.authorityKeyIdentifier,
]);

function decodeExtensions(extensions: ReadonlyMap<string, Extension>) {
  for (const { oid, critical } of extensions.values()) {
    if (critical && !handledCritical.has(oid)) refuseDer('CRL with a critical extension we do not handle');
  }
  const keyIdentifier = extensions.get(extensionOids.authorityKeyIdentifier);
  const point = extensions.get(extensionOids.issuingDistributionPoint);
  return {
    authorityKeyIdentifier: keyIdentifier && decodeAuthorityKeyIdentifier(keyIdentifier.value),
    number: readNumber(extensions.get(extensionOids.crlNumber)),
    deltaBaseNumber: readNumber(extensions.get(extensionOids.deltaCrlIndicator)),
    issuingDistributionPoint: point && decodeIssuingDistributionPoint(point.value),
  };
}

function readName(reader: DerReader): Buffer {
  const name = reader.readWhole(tags.sequence);
  if (name.length > maxNameBytes) refuseDer('name too large');
  readRawAttributes(name);
  return name;
}

/** Reads CRL DER. Throws `invalid_field`: version 2 only, nextUpdate required, no serial twice, no empty list. */
export function parseCrlDer(der: Buffer): ParsedCrl {
  if (der.length > maxCrlBytes) refuseDer('CRL too large');
  checkDer(der);
  const outer = readSequence(der);
  const tbs = outer.readWhole(tags.sequence);
  const signatureIdentifier = outer.readWhole(tags.sequence);
  const signature = outer.readBitString();
  outer.finish();
  const reader = new DerReader(tbs).enter();
  if (reader.readSmallInteger() !== 1) refuseDer('only version 2 CRLs are read');
  if (!reader.readWhole(tags.sequence).equals(signatureIdentifier)) refuseDer('two different signature algorithms');
  const issuer = readName(reader);
  const thisUpdateSeconds = reader.readTime();
  const nextUpdateSeconds = reader.readTime();
  const revoked = reader.peek() === tags.sequence ? readEntries(reader.enter()) : new Map<string, ParsedRevocation>();
  const list = reader.peek() === contextConstructed(0) ? reader.enterContext(0) : undefined;
  const extensions = list ? readExtensions(list) : new Map<string, Extension>();
  list?.finish();
  reader.finish();
  const scheme = schemeOfIdentifier(signatureIdentifier);
  const frame = { der, tbs, signatureIdentifier, scheme, signature, issuer, thisUpdateSeconds, nextUpdateSeconds };
  return { ...frame, revoked, extensions, ...decodeExtensions(extensions) };
}

/** Reads one CRL from outside, DER, PEM or base64, at most 16 MiB. Throws `invalid_field`. */
export function parseCrl(input: string | Uint8Array): ParsedCrl {
  return parseCrlDer(readDocument(input, ['X509 CRL', 'CRL'], maxForeignCrlBytes));
}
