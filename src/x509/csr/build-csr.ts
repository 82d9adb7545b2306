import type { SignatureScheme } from '../../crypto/index.ts';
import { StrongroomError } from '../../lib/index.ts';
import { assembleSigned } from '../certificate/index.ts';
import { context, integer, oid, sequence, setOf } from '../der/index.ts';
import {
  type BasicConstraints,
  encodeBasicConstraints,
  encodeExtendedKeyUsage,
  encodeKeyUsage,
  encodeSubjectAlternativeName,
  type KeyUsage,
} from '../extensions/index.ts';
import { emptyName, type GeneralName } from '../names/index.ts';
import { chooseScheme, type SubjectPublicKey } from '../public-key/index.ts';
import type { SignTbs } from '../sign-linted.ts';
import { csrAttributeOids } from './attribute-oids.ts';
import { maxCsrBytes, parseCsr } from './parse-csr.ts';

export interface CsrTemplate {
  /** Name DER. */
  readonly subject: Buffer;
  readonly publicKey: SubjectPublicKey;
  readonly scheme?: SignatureScheme | undefined;
  readonly alternativeNames?: readonly GeneralName[] | undefined;
  readonly keyUsage?: readonly KeyUsage[] | undefined;
  readonly extendedKeyUsage?: readonly string[] | undefined;
  readonly basicConstraints?: BasicConstraints | undefined;
}

/** Room for the frame and the longest signature. */
const maxInfoBytes = maxCsrBytes - 2_048;

function encodeRequests(template: CsrTemplate): Buffer[] {
  const parts: Buffer[] = [];
  if (template.basicConstraints) parts.push(encodeBasicConstraints(template.basicConstraints));
  if (template.keyUsage?.length) parts.push(encodeKeyUsage(template.keyUsage));
  if (template.extendedKeyUsage?.length) parts.push(encodeExtendedKeyUsage(template.extendedKeyUsage));
  if (template.alternativeNames?.length) {
    parts.push(encodeSubjectAlternativeName(template.alternativeNames, template.subject.equals(emptyName)));
  }
  return parts;
}

/** CertificationRequestInfo DER (RFC 2986 4.1); attributes are present and empty when nothing is asked for. */
function buildCsrInfo(template: CsrTemplate): Buffer {
  const requests = encodeRequests(template);
  const attributes =
    requests.length === 0 ? [] : [sequence(oid(csrAttributeOids.extensionRequest), setOf([sequence(...requests)]))];
  const info = sequence(integer(0), template.subject, template.publicKey.spki, context(0, ...attributes));
  if (info.length > maxInfoBytes)
    throw new StrongroomError('invalid_field', 'the certification request would be too large', {
      hint: `fewer or shorter names: ${maxInfoBytes} bytes in all`,
    });
  return info;
}

/** A signed request, read back by `parseCsr` (which verifies the signature) before it is answered. */
export async function buildCsr(template: CsrTemplate, sign: SignTbs): Promise<Buffer> {
  const info = buildCsrInfo(template);
  const der = assembleSigned(info, template.scheme ?? chooseScheme(template.publicKey.algorithm), await sign(info));
  try {
    return parseCsr(der).der;
  } catch (error) {
    throw new StrongroomError('internal', 'the certification request just made does not verify', { cause: error });
  }
}
