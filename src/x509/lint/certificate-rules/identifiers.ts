import { extensionOids } from '../../extensions/index.ts';
import type { CertificateRule } from '../certificate-subject.ts';

/** Extensions we know how to write critical; any other critical one would make relying parties refuse. */
const knownCritical: ReadonlySet<string> = new Set([
  extensionOids.basicConstraints,
  extensionOids.keyUsage,
  extensionOids.extendedKeyUsage,
  extensionOids.subjectAlternativeName,
  extensionOids.nameConstraints,
  extensionOids.policyConstraints,
  extensionOids.inhibitAnyPolicy,
  extensionOids.acmeIdentifier,
]);

export const identifierRules: readonly CertificateRule[] = [
  {
    id: 'authority-key-identifier',
    clause: 'RFC 5280 4.2.1.1',
    blame: 'ours',
    check: ({ certificate: { authorityKeyIdentifier: found }, issuer: { keyIdentifier: wanted } }) => {
      if (wanted === undefined) return found === undefined ? undefined : 'authority key identifier without an issuer’s';
      return found?.equals(wanted) ? undefined : 'authority key identifier is not the issuer’s';
    },
  },
  {
    id: 'subject-key-identifier-of-ca',
    clause: 'RFC 5280 4.2.1.2',
    blame: 'request',
    check: ({ certificate }) =>
      certificate.basicConstraints?.ca === true && certificate.subjectKeyIdentifier === undefined
        ? 'a CA needs a subject key identifier'
        : undefined,
  },
  {
    id: 'critical-extensions-known',
    clause: 'RFC 5280 4.2',
    blame: 'request',
    check: ({ certificate }) => {
      const unknown = [...certificate.extensions.values()].find(
        ({ oid, critical }) => critical && !knownCritical.has(oid),
      );
      return unknown === undefined ? undefined : 'an extension nobody knows would be critical';
    },
  },
];
