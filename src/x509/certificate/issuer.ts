import type { SignatureScheme } from '../../crypto/index.ts';
import { StrongroomError } from '../../lib/index.ts';
import { extendedKeyUsageOids, type KeyUsage, type NameConstraints } from '../extensions/index.ts';
import { sameName } from '../names/index.ts';
import { chooseScheme, SubjectPublicKey } from '../public-key/index.ts';
import type { ParsedCertificate } from './parsed-certificate.ts';
import type { CertificateTemplate } from './template.ts';

/** What issuing needs to know of a CA and of the CAs above it. Make it once a CA and keep it: keys are loaded in it. */
export interface CertificateIssuer {
  /** Subject bytes of the CA's certificate, copied into what it issues. */
  readonly subject: Buffer;
  /** SKI bytes of the CA's certificate. */
  readonly keyIdentifier: Buffer | undefined;
  readonly publicKey: SubjectPublicKey;
  readonly scheme: SignatureScheme;
  readonly notBeforeSeconds: number;
  readonly notAfterSeconds: number;
  /** Usages of the CA's certificate; undefined when it has no keyUsage. */
  readonly keyUsage: readonly KeyUsage[] | undefined;
  /** How many CAs may still follow below it, over all certificates above; undefined: no limit. */
  readonly pathLength: number | undefined;
  /** Purposes that every certificate above allows; undefined: no limit. */
  readonly extendedKeyUsage: readonly string[] | undefined;
  /** Of every certificate above. */
  readonly nameConstraints: readonly NameConstraints[];
  readonly selfSigned: boolean;
}

export interface IssuerOptions {
  /** Scheme to sign with; default by the key: hash of the curve, SHA-256 for RSA. */
  readonly scheme?: SignatureScheme | undefined;
  /** Certificates above the CA, nearest first, up to and with the root. Their constraints bind what it issues. */
  readonly ancestors?: readonly ParsedCertificate[] | undefined;
}

/** Certificates in between count unless they are self-issued (RFC 5280 4.2.1.9). */
function smallestPathLength(chain: readonly ParsedCertificate[]): number | undefined {
  let between = 0;
  const lengths = chain.flatMap((certificate) => {
    const own = certificate.basicConstraints?.pathLength;
    const left = own === undefined ? [] : [own - between];
    if (!sameName(certificate.subject, certificate.issuer)) between += 1;
    return left;
  });
  return lengths.length === 0 ? undefined : Math.max(-1, Math.min(...lengths));
}

function commonPurposes(chain: readonly ParsedCertificate[]): string[] | undefined {
  let common: string[] | undefined;
  for (const { extendedKeyUsage } of chain) {
    if (!extendedKeyUsage || extendedKeyUsage.includes(extendedKeyUsageOids.any)) continue;
    common = common === undefined ? [...extendedKeyUsage] : common.filter((oid) => extendedKeyUsage.includes(oid));
  }
  return common;
}

/** Describes a CA from its certificate. Refuses with `invalid_field` a certificate that is not a CA's. */
export function describeIssuer(certificate: ParsedCertificate, options: IssuerOptions = {}): CertificateIssuer {
  if (certificate.basicConstraints?.ca !== true) {
    throw new StrongroomError('invalid_field', 'the certificate is not a CA certificate', {
      hint: 'an issuer has basicConstraints with cA TRUE',
    });
  }
  const publicKey = SubjectPublicKey.read(certificate.spki);
  const chain = [certificate, ...(options.ancestors ?? [])];
  return {
    subject: certificate.subject,
    keyIdentifier: certificate.subjectKeyIdentifier,
    publicKey,
    scheme: options.scheme ?? chooseScheme(publicKey.algorithm),
    notBeforeSeconds: certificate.notBeforeSeconds,
    notAfterSeconds: certificate.notAfterSeconds,
    keyUsage: certificate.keyUsage,
    pathLength: smallestPathLength(chain),
    extendedKeyUsage: commonPurposes(chain),
    nameConstraints: chain.flatMap(({ nameConstraints }) => (nameConstraints ? [nameConstraints] : [])),
    selfSigned: false,
  };
}

/** The issuer of a self-signed certificate: the template itself, which nothing above limits. */
export function selfIssuer(template: CertificateTemplate, scheme?: SignatureScheme): CertificateIssuer {
  const keyIdentifier = template.subjectKeyIdentifier ?? template.publicKey.keyIdentifier();
  return {
    subject: template.subject,
    // It could be left out, but clients compare it also where a root is its own issuer.
    keyIdentifier: keyIdentifier === 'omit' ? undefined : Buffer.from(keyIdentifier),
    publicKey: template.publicKey,
    scheme: scheme ?? chooseScheme(template.publicKey.algorithm),
    notBeforeSeconds: template.notBeforeSeconds,
    notAfterSeconds: template.notAfterSeconds,
    keyUsage: template.keyUsage,
    pathLength: undefined,
    extendedKeyUsage: undefined,
    nameConstraints: [],
    selfSigned: true,
  };
}
