import { StrongroomError } from '../../../lib/index.ts';
import { extendedKeyUsageOids } from '../../extensions/index.ts';
import {
  type AttributeName,
  attributeTypes,
  attributeValues,
  canonicalGeneralName,
  emptyName,
  encodeDistinguishedName,
  mayHaveStringType,
  readRawAttributes,
} from '../../names/index.ts';
import type { CertificateLintSubject, CertificateRule } from '../certificate-subject.ts';

function commonNameAmongNames({ certificate, subjectAttributes }: CertificateLintSubject): string | undefined {
  const purposes = certificate.extendedKeyUsage;
  if (!purposes?.includes(extendedKeyUsageOids.serverAuth) || certificate.basicConstraints?.ca) return undefined;
  const names = certificate.alternativeNames;
  const hosts = attributeValues(subjectAttributes, 'commonName').flatMap(
    (value) => canonicalGeneralName('ip', value) ?? canonicalGeneralName('dns', value) ?? [],
  );
  // A server certificate without any alternative name is legacy the roles may still ask for (exclude_cn_from_sans).
  if (names.length === 0) return undefined;
  const missing = hosts.some(
    (host) =>
      !names.some((name) => 'value' in name && 'value' in host && name.kind === host.kind && name.value === host.value),
  );
  return missing ? 'the common name is not among the alternative names' : undefined;
}

/**
 * Known attributes have the values our own encoder would write and a string type that RFC 5280 4.1.2.4 gives them.
 * Requests of others write what is plain as PrintableString.
 */
function attributesWellFormed({ certificate, subjectAttributes }: CertificateLintSubject): string | undefined {
  const known = subjectAttributes.flatMap(({ type, value }) =>
    type in attributeTypes ? [{ type: type as AttributeName, value }] : [],
  );
  try {
    encodeDistinguishedName(known);
  } catch (error) {
    return error instanceof StrongroomError ? error.message : 'the subject cannot be encoded again';
  }
  const wrong = readRawAttributes(certificate.subject).some(({ oid, tag }) => !mayHaveStringType(oid, tag));
  return wrong ? 'a subject attribute has the wrong string type' : undefined;
}

export const nameRules: readonly CertificateRule[] = [
  {
    id: 'issuer-bytes',
    clause: 'RFC 5280 4.1.2.4, 6.1.3 (a)(4)',
    blame: 'ours',
    check: ({ certificate, issuer }) =>
      certificate.issuer.equals(issuer.subject) ? undefined : 'issuer name is not the issuer certificate’s subject',
  },
  {
    id: 'subject-as-asked',
    clause: 'RFC 5280 4.1.2.6',
    blame: 'ours',
    check: ({ certificate, template }) =>
      certificate.subject.equals(template.subject) ? undefined : 'subject differs from the template',
  },
  {
    id: 'subject-strings',
    clause: 'RFC 5280 4.1.2.4, appendix A.1',
    blame: 'request',
    check: attributesWellFormed,
  },
  {
    id: 'subject-of-ca',
    clause: 'RFC 5280 4.1.2.6',
    blame: 'request',
    check: ({ certificate }) =>
      certificate.basicConstraints?.ca === true && certificate.subject.equals(emptyName)
        ? 'a CA must have a subject name'
        : undefined,
  },
  {
    id: 'common-name-in-names',
    clause: 'RFC 6125 6.4.4, CA/B BR 7.1.4.3',
    blame: 'request',
    check: commonNameAmongNames,
  },
];
