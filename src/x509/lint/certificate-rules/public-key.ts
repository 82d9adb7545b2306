import type { CertificateRule } from '../certificate-subject.ts';

export const publicKeyRules: readonly CertificateRule[] = [
  {
    id: 'key-as-asked',
    clause: 'RFC 5280 4.1.2.7',
    blame: 'ours',
    check: ({ certificate, template }) =>
      certificate.spki.equals(template.publicKey.spki) ? undefined : 'public key differs from the template',
  },
  {
    id: 'key-quality',
    clause: 'CA/B BR 6.1.1.3, 6.1.5, 6.1.6',
    blame: 'request',
    check: ({ template }) => {
      // OpenSSL has loaded the key for this: the same bytes as in the certificate, by the rule above.
      template.publicKey.requireQuality();
      return undefined;
    },
  },
  {
    id: 'key-is-not-the-issuers',
    clause: 'NIST SP 800-57 part 1 5.2: one key, one purpose',
    blame: 'request',
    check: ({ template, issuer, certificate }) =>
      !issuer.selfSigned &&
      certificate.basicConstraints?.ca !== true &&
      template.publicKey.spki.equals(issuer.publicKey.spki)
        ? 'the public key is the issuer’s own'
        : undefined,
  },
];
