import type { CertificateRule } from '../certificate-subject.ts';

export const validityRules: readonly CertificateRule[] = [
  {
    id: 'validity-as-asked',
    clause: 'RFC 5280 4.1.2.5',
    blame: 'ours',
    check: ({ certificate, template }) =>
      certificate.notBeforeSeconds === template.notBeforeSeconds &&
      certificate.notAfterSeconds === template.notAfterSeconds
        ? undefined
        : 'dates differ from the template',
  },
  {
    id: 'validity-order',
    clause: 'RFC 5280 4.1.2.5',
    blame: 'request',
    check: ({ certificate }) =>
      certificate.notAfterSeconds >= certificate.notBeforeSeconds
        ? undefined
        : 'the certificate would end before it begins',
  },
  {
    id: 'validity-inside-issuer',
    clause: 'RFC 5280 6.1.3 (a)(2), applied to the path',
    blame: 'request',
    check: ({ certificate, issuer, template }) => {
      if (certificate.notBeforeSeconds < issuer.notBeforeSeconds)
        return 'the certificate would begin before its issuer';
      if (template.insecurePermitBeyondIssuer === true) return undefined;
      return certificate.notAfterSeconds <= issuer.notAfterSeconds
        ? undefined
        : 'the certificate would outlive its issuer';
    },
  },
];
