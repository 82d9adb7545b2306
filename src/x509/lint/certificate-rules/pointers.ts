import { extensionOids } from '../../extensions/index.ts';
import { isHttpUrl } from '../../names/index.ts';
import type { CertificateLintSubject, CertificateRule } from '../certificate-subject.ts';

function pointerLists({ certificate }: CertificateLintSubject): readonly (readonly string[])[] {
  const access = certificate.authorityInfoAccess;
  return [certificate.crlDistributionPoints, access?.ocsp ?? [], access?.caIssuers ?? []];
}

export const pointerRules: readonly CertificateRule[] = [
  {
    id: 'pointers-http',
    clause: 'RFC 5280 4.2.1.13, 4.2.2.1',
    blame: 'request',
    check: (subject) =>
      pointerLists(subject).flat().every(isHttpUrl) ? undefined : 'a CRL, OCSP or CA address is not an http URL',
  },
  {
    id: 'pointers-unique',
    clause: 'CA/B BR 7.1.2.7.7',
    blame: 'request',
    check: (subject) =>
      pointerLists(subject).every((urls) => new Set(urls).size === urls.length)
        ? undefined
        : 'a CRL, OCSP or CA address stands twice',
  },
  {
    id: 'no-revocation-exclusive',
    clause: 'RFC 9608 4',
    blame: 'request',
    check: ({ certificate: { extensions, crlDistributionPoints, authorityInfoAccess, basicConstraints } }) => {
      if (!extensions.has(extensionOids.noRevocationAvailable)) return undefined;
      if (basicConstraints?.ca) return 'noRevAvail is for leaves only';
      const points = crlDistributionPoints.length + (authorityInfoAccess?.ocsp.length ?? 0);
      const fresh = extensions.has(extensionOids.freshestCrl);
      return points === 0 && !fresh ? undefined : 'noRevAvail together with an address to check revocation at';
    },
  },
];
