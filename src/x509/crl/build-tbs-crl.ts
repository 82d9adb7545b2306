import type { SignatureScheme } from '../../crypto/index.ts';
import { context, integer, integerFromBytes, joinElement, sequence, tags, time } from '../der/index.ts';
import {
  encodeAuthorityKeyIdentifier,
  encodeExtension,
  encodeFreshestCrl,
  extensionOids,
} from '../extensions/index.ts';
import { signatureIdentifiers } from '../public-key/index.ts';
import { encodeIssuingDistributionPoint, type IssuingDistributionPoint } from './issuing-distribution-point.ts';

/** Everything a CRL says. */
export interface CrlTemplate {
  readonly thisUpdateSeconds: number;
  readonly nextUpdateSeconds: number;
  /** Strictly rising per issuing identity; a full list and its delta made together share one number. */
  readonly number: bigint;
  /** Entries from `encodeRevokedEntry`, each serial once. Many small buffers or a few joined ones. */
  readonly entries: readonly Uint8Array[];
  /** How many certificates the entries name; lint compares when it is given. */
  readonly entryCount?: number | undefined;
  readonly issuingDistributionPoint?: IssuingDistributionPoint | undefined;
  /** Number of the full list this delta builds on. */
  readonly deltaBaseNumber?: bigint | undefined;
  /** Where the delta is; in full lists only. */
  readonly freshestCrl?: readonly string[] | undefined;
}

/** Who signs: subject bytes and SKI of the CA certificate. `CertificateIssuer` is one. */
export interface CrlIssuer {
  readonly subject: Buffer;
  readonly keyIdentifier: Buffer | undefined;
  readonly scheme: SignatureScheme;
}

const maxNumberBytes = 20;

function encodeNumber(type: string, critical: boolean, value: bigint): Buffer {
  const encoded = integer(value);
  if (encoded.length - 2 > maxNumberBytes) throw new RangeError('CRL number beyond 20 bytes');
  return encodeExtension(type, critical, encoded);
}

function encodeExtensions(template: CrlTemplate, issuer: CrlIssuer): Buffer {
  const parts: Buffer[] = [];
  if (issuer.keyIdentifier) parts.push(encodeAuthorityKeyIdentifier(issuer.keyIdentifier));
  if (template.issuingDistributionPoint) parts.push(encodeIssuingDistributionPoint(template.issuingDistributionPoint));
  parts.push(encodeNumber(extensionOids.crlNumber, false, template.number));
  if (template.deltaBaseNumber !== undefined) {
    parts.push(encodeNumber(extensionOids.deltaCrlIndicator, true, template.deltaBaseNumber));
  }
  if (template.freshestCrl?.length) parts.push(encodeFreshestCrl(template.freshestCrl));
  return context(0, sequence(...parts));
}

const emptyListBytes = 2;
const version2 = integerFromBytes(Uint8Array.of(1));

/**
 * TBSCertList DER (RFC 5280 5.1): version 2, both dates, entries joined as they are given; without entries the list is
 * absent, never empty.
 */
export function buildTbsCrl(template: CrlTemplate, issuer: CrlIssuer): Buffer {
  const list = joinElement(tags.sequence, template.entries);
  const revoked = list.length === emptyListBytes ? [] : [list];
  return sequence(
    version2,
    signatureIdentifiers[issuer.scheme],
    issuer.subject,
    time(template.thisUpdateSeconds),
    time(template.nextUpdateSeconds),
    ...revoked,
    encodeExtensions(template, issuer),
  );
}
