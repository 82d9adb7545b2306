import { collectConstrainedNames, isNameAllowed } from '../../constraints/index.ts';
import { extensionOids } from '../../extensions/index.ts';
import type { CertificateRule } from '../certificate-subject.ts';

const caOnly = [extensionOids.nameConstraints, extensionOids.policyConstraints, extensionOids.inhibitAnyPolicy];

export const constraintRules: readonly CertificateRule[] = [
  {
    id: 'constraints-in-ca-only',
    clause: 'RFC 5280 4.2.1.10, 4.2.1.11, 4.2.1.14',
    blame: 'request',
    check: ({ certificate }) =>
      certificate.basicConstraints?.ca !== true && caOnly.some((oid) => certificate.extensions.has(oid))
        ? 'name and policy constraints are for CAs only'
        : undefined,
  },
  {
    id: 'constraints-critical',
    clause: 'RFC 5280 4.2.1.10, 4.2.1.11, 4.2.1.14',
    blame: 'ours',
    check: ({ certificate }) =>
      caOnly.some((oid) => certificate.extensions.get(oid)?.critical === false)
        ? 'constraints must be critical'
        : undefined,
  },
  {
    id: 'names-within-issuer',
    clause: 'RFC 5280 6.1.3 (b), (c)',
    blame: 'request',
    check: ({ certificate, issuer }) => {
      if (issuer.nameConstraints.length === 0) return undefined;
      const names = collectConstrainedNames(certificate);
      return issuer.nameConstraints.every((constraints) => names.every((name) => isNameAllowed(name, constraints)))
        ? undefined
        : 'a name lies outside the issuer’s name constraints';
    },
  },
];
