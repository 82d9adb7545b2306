import { extendedKeyUsageOids, extensionOids, usageFitsKey } from '../../extensions/index.ts';
import type { CertificateLintSubject, CertificateRule } from '../certificate-subject.ts';

const isCa = ({ certificate }: CertificateLintSubject): boolean => certificate.basicConstraints?.ca === true;

export const usageRules: readonly CertificateRule[] = [
  {
    id: 'basic-constraints-as-asked',
    clause: 'RFC 5280 4.2.1.9',
    blame: 'ours',
    check: ({ certificate: { basicConstraints }, template }) =>
      basicConstraints?.ca === template.basicConstraints?.ca &&
      basicConstraints?.pathLength === template.basicConstraints?.pathLength
        ? undefined
        : 'basicConstraints differ from the template',
  },
  {
    id: 'basic-constraints-critical',
    clause: 'RFC 5280 4.2.1.9',
    blame: 'ours',
    check: (subject) =>
      isCa(subject) && subject.certificate.extensions.get(extensionOids.basicConstraints)?.critical !== true
        ? 'basicConstraints of a CA must be critical'
        : undefined,
  },
  {
    id: 'cert-sign-means-ca',
    clause: 'RFC 5280 4.2.1.3, 4.2.1.9',
    blame: 'request',
    check: (subject) => {
      const signs = subject.certificate.keyUsage?.includes('keyCertSign') === true;
      if (signs === isCa(subject)) return undefined;
      return signs ? 'keyCertSign is for CAs only' : 'a CA needs keyCertSign';
    },
  },
  {
    id: 'path-length',
    clause: 'RFC 5280 4.2.1.9',
    blame: 'request',
    check: (subject) => {
      const limit = subject.issuer.pathLength;
      if (subject.issuer.selfSigned || limit === undefined) return undefined;
      if (!isCa(subject)) return limit >= 0 ? undefined : 'the issuer lies deeper than a CA above it allows';
      const own = subject.certificate.basicConstraints?.pathLength;
      return limit >= 1 && (own === undefined || own < limit) ? undefined : 'path length beyond the issuer’s';
    },
  },
  {
    id: 'key-usage-fits-key',
    clause: 'RFC 3279 2.3.1, RFC 8410 5, RFC 8813 3',
    blame: 'request',
    check: ({ certificate: { keyUsage }, template }) => {
      const misfit = keyUsage?.find((usage) => !usageFitsKey(usage, template.publicKey.kind));
      return misfit === undefined ? undefined : `key usage ${misfit} does not fit the type of the key`;
    },
  },
  {
    id: 'key-usage-agreement-modes',
    clause: 'RFC 5280 4.2.1.3',
    blame: 'request',
    check: ({ certificate: { keyUsage } }) =>
      keyUsage?.some((usage) => usage.endsWith('Only')) && !keyUsage.includes('keyAgreement')
        ? 'encipherOnly and decipherOnly need keyAgreement'
        : undefined,
  },
  {
    id: 'key-usage-critical',
    clause: 'RFC 5280 4.2.1.3',
    blame: 'ours',
    check: ({ certificate }) =>
      certificate.extensions.get(extensionOids.keyUsage)?.critical === false ? 'keyUsage must be critical' : undefined,
  },
  {
    id: 'issuer-may-sign',
    clause: 'RFC 5280 6.1.4 (n)',
    blame: 'request',
    check: ({ issuer }) =>
      issuer.keyUsage && !issuer.keyUsage.includes('keyCertSign') ? 'the issuer may not sign certificates' : undefined,
  },
];

export const purposeRules: readonly CertificateRule[] = [
  {
    id: 'purpose-within-issuer',
    clause: 'CA/B BR 7.1.2.10.6; common validators',
    blame: 'request',
    check: ({ certificate: { extendedKeyUsage }, issuer }) => {
      const allowed = issuer.extendedKeyUsage;
      if (!allowed || !extendedKeyUsage) return undefined;
      return extendedKeyUsage.every((purpose) => allowed.includes(purpose))
        ? undefined
        : 'an extended key usage is not allowed by the issuer';
    },
  },
  {
    id: 'purpose-unique',
    clause: 'RFC 5280 4.2.1.12',
    blame: 'request',
    check: ({ certificate: { extendedKeyUsage = [] } }) =>
      new Set(extendedKeyUsage).size === extendedKeyUsage.length ? undefined : 'an extended key usage stands twice',
  },
  {
    id: 'time-stamping-alone',
    clause: 'RFC 3161 2.3',
    blame: 'request',
    check: ({ certificate: { extendedKeyUsage = [] }, ...rest }) =>
      extendedKeyUsage.includes(extendedKeyUsageOids.timeStamping) &&
      extendedKeyUsage.length > 1 &&
      rest.template.basicConstraints?.ca !== true
        ? 'timeStamping must stand alone'
        : undefined,
  },
];
