import { StrongroomError } from '../../../lib/index.ts';
import { certificatePem } from '../authority.ts';

export type AnswerFormat = 'pem' | 'der' | 'pem_bundle';

export function requireFormat(format: string | undefined): AnswerFormat {
  if (format === undefined || format === '' || format === 'pem') return 'pem';
  if (format === 'der' || format === 'pem_bundle') return format;
  throw new StrongroomError('invalid_field', `the "format" path parameter must be "pem", "der", or "pem_bundle"`, {
    hint: 'leave it out for pem',
  });
}

export interface CertificateTexts {
  readonly certificate: string;
  readonly issuing_ca: string;
  readonly ca_chain: readonly string[];
}

/** Certificate and chain in the form asked for; a bundle holds the key (where there is one) and the chain as well. */
export function formatCertificate(
  format: AnswerFormat,
  der: Buffer,
  chainPem: readonly string[],
  keyText?: string,
): CertificateTexts {
  const own = certificatePem(der);
  const [issuing = own] = chainPem;
  const texts = { issuing_ca: issuing, ca_chain: chainPem };
  if (format === 'pem') return { certificate: own, ...texts };
  if (format === 'pem_bundle')
    return { certificate: [...(keyText ? [keyText] : []), own, ...chainPem].join('\n'), ...texts };
  const toBase64 = (pem: string): string => pem.replace(/-----[A-Z ]+-----|\s/g, '');
  return { certificate: der.toString('base64'), issuing_ca: toBase64(issuing), ca_chain: chainPem.map(toBase64) };
}
