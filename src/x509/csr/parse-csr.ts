import type { SignatureScheme } from '../../crypto/index.ts';
import { StrongroomError } from '../../lib/index.ts';
import { verifySignatureAside } from '../aside/index.ts';
import { checkDer, DerReader, readSequence, refuseDer, tags } from '../der/index.ts';
import type { Extension } from '../extensions/index.ts';
import { readExtensions } from '../extensions/index.ts';
import { type DecodedAttribute, decodeDistinguishedName, decodeString, maxNameBytes } from '../names/index.ts';
import { readDocument } from '../pem/pem.ts';
import { maxSpkiBytes, SubjectPublicKey, schemeOfIdentifier } from '../public-key/index.ts';
import { csrAttributeOids } from './attribute-oids.ts';
import { decodeRequestedExtensions, type RequestedExtensions } from './requested-extensions.ts';

export const maxCsrBytes = 65_536;
const maxCsrAttributes = 32;

/** A certification request whose signature has been verified with the key inside. Wishes, none of them granted. */
export interface CertificationRequest extends RequestedExtensions {
  readonly der: Buffer;
  /** Name DER, with a well-formed text in every attribute. */
  readonly subject: Buffer;
  readonly subjectAttributes: readonly DecodedAttribute[];
  readonly publicKey: SubjectPublicKey;
  /** PKCS#9 challengePassword; a secret in SCEP and EST. Never log it. */
  readonly challengePassword: string | undefined;
  /** OIDs of attributes that mean nothing to us: ignored by roles, refused by verbatim signing. */
  readonly unknownAttributes: readonly string[];
}

interface Frame {
  readonly info: Buffer;
  readonly identifier: Buffer;
  readonly signature: Buffer;
}

function readFrame(der: Buffer): Frame {
  const outer = readSequence(der);
  const frame = {
    info: outer.readWhole(tags.sequence),
    identifier: outer.readWhole(tags.sequence),
    signature: outer.readBitString(),
  };
  outer.finish();
  return frame;
}

interface Info {
  readonly subject: Buffer;
  readonly spki: Buffer;
  readonly attributes: DerReader | undefined;
}

/** Splits the signed part without interpreting the subject or attributes: nothing is believed before the signature is. */
function splitInfo(info: Buffer): Info {
  const reader = new DerReader(info).enter();
  if (reader.readSmallInteger() !== 0) refuseDer('certification request of another version');
  const subject = reader.readWhole(tags.sequence);
  if (subject.length > maxNameBytes) refuseDer('name too large');
  const spki = reader.readWhole(tags.sequence);
  if (spki.length > maxSpkiBytes) refuseDer('public key too large');
  // RFC 2986 4.1 wants [0] even when empty; some tools leave it out.
  const attributes = reader.enterContext(0);
  reader.finish();
  return { subject, spki, attributes };
}

interface Attributes {
  readonly extensions: ReadonlyMap<string, Extension>;
  readonly challengePassword: string | undefined;
  readonly unknown: readonly string[];
}

function readSingleValue(values: DerReader): { tag: number; whole: Buffer } {
  const tag = values.peek();
  const whole = values.readWhole();
  values.finish();
  return { tag, whole };
}

function readAttributes(reader: DerReader | undefined): Attributes {
  const seen = new Set<string>();
  const unknown: string[] = [];
  let extensions: ReadonlyMap<string, Extension> = new Map();
  let challengePassword: string | undefined;
  while (reader && !reader.done) {
    const attribute = reader.enter();
    const type = attribute.readOid();
    if (seen.has(type) || seen.size >= maxCsrAttributes) refuseDer('attributes repeated or too many');
    seen.add(type);
    const values = attribute.enter(tags.set);
    attribute.finish();
    if (type === csrAttributeOids.extensionRequest) {
      const { whole } = readSingleValue(values);
      // An empty list is not allowed by the syntax, but asks for nothing.
      if (whole.length > 2) extensions = readExtensions(new DerReader(whole));
    } else if (type === csrAttributeOids.challengePassword) {
      const { tag, whole } = readSingleValue(values);
      challengePassword = decodeString(tag, new DerReader(whole).read(tag));
    } else {
      unknown.push(type);
    }
  }
  return { extensions, challengePassword, unknown };
}

interface Unverified {
  readonly der: Buffer;
  readonly frame: Frame;
  readonly info: ReturnType<typeof splitInfo>;
  readonly publicKey: SubjectPublicKey;
  readonly scheme: SignatureScheme | undefined;
}

function readUnverified(input: string | Uint8Array): Unverified {
  const der = readDocument(input, ['CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST'], maxCsrBytes);
  checkDer(der);
  const frame = readFrame(der);
  const info = splitInfo(frame.info);
  const publicKey = SubjectPublicKey.read(info.spki);
  publicKey.requireQuality();
  return { der, frame, info, publicKey, scheme: schemeOfIdentifier(frame.identifier) };
}

function readVerified({ der, info, publicKey }: Unverified, isSigned: boolean): CertificationRequest {
  if (!isSigned) {
    throw new StrongroomError('invalid_field', 'the signature of the certification request does not verify', {
      hint: 'sign the request with its own key, using SHA-256 or stronger',
    });
  }
  const { extensions, challengePassword, unknown } = readAttributes(info.attributes);
  return {
    der,
    subject: info.subject,
    subjectAttributes: decodeDistinguishedName(info.subject),
    publicKey,
    challengePassword,
    unknownAttributes: unknown,
    ...decodeRequestedExtensions(extensions),
  };
}

/**
 * Reads a PKCS#10 request (RFC 2986) from PEM, DER or base64: at most 64 KiB, strict DER, no trailing bytes, version 0.
 * The key is judged (`requireQuality`) and the self-signature verified before subject and attributes are looked at.
 * Throws `invalid_field`.
 */
export function parseCsr(input: string | Uint8Array): CertificationRequest {
  const unverified = readUnverified(input);
  const { scheme, publicKey, frame } = unverified;
  return readVerified(unverified, scheme !== undefined && publicKey.verify(scheme, frame.info, frame.signature));
}

/** The same, with the signature verified off the main thread. */
export async function parseCsrAside(input: string | Uint8Array): Promise<CertificationRequest> {
  const unverified = readUnverified(input);
  const { scheme, publicKey, frame } = unverified;
  const isSigned = scheme !== undefined && (await verifySignatureAside(publicKey, scheme, frame.info, frame.signature));
  return readVerified(unverified, isSigned);
}
