import type { CertificateIssuer } from '../../certificate/index.ts';
import type { CrlTemplate } from '../../crl/build-tbs-crl.ts';
import type { ParsedCrl } from '../../crl/parse-crl.ts';
import { extensionOids } from '../../extensions/index.ts';
import { isHttpUrl } from '../../names/index.ts';
import { schemeFitsKey, signatureIdentifiers } from '../../public-key/index.ts';
import type { LintRule } from '../linted-tbs.ts';

export interface CrlLintSubject {
  readonly crl: ParsedCrl;
  readonly template: CrlTemplate;
  readonly issuer: CertificateIssuer;
  /** Number of the list before this one, of the same issuing identity. */
  readonly previousNumber: bigint | undefined;
}

/** 12 months: what a root's list may last (CA/B BR 4.9.7); tighter limits are the caller's configuration. */
const maxLifeSeconds = 366 * 86_400;

export const crlRules: readonly LintRule<CrlLintSubject>[] = [
  {
    id: 'crl-signature-algorithm',
    clause: 'RFC 5280 5.1.1.2',
    blame: 'ours',
    check: ({ crl, issuer }) => {
      if (!crl.signatureIdentifier.equals(signatureIdentifiers[issuer.scheme])) return 'unexpected algorithm';
      return schemeFitsKey(issuer.scheme, issuer.publicKey.algorithm) ? undefined : 'algorithm does not fit the key';
    },
  },
  {
    id: 'crl-issuer-bytes',
    clause: 'RFC 5280 5.1.2.3',
    blame: 'ours',
    check: ({ crl, issuer }) => (crl.issuer.equals(issuer.subject) ? undefined : 'issuer name is not the CA’s subject'),
  },
  {
    id: 'crl-issuer-may-sign',
    clause: 'RFC 5280 4.2.1.3, 6.3.3 (f)',
    blame: 'request',
    check: ({ issuer }) =>
      issuer.keyUsage && !issuer.keyUsage.includes('cRLSign') ? 'the issuer may not sign CRLs (key usage)' : undefined,
  },
  {
    id: 'crl-times',
    clause: 'RFC 5280 5.1.2.4, 5.1.2.5',
    blame: 'request',
    check: ({ crl, template }) => {
      const asAsked =
        crl.thisUpdateSeconds === template.thisUpdateSeconds && crl.nextUpdateSeconds === template.nextUpdateSeconds;
      if (!asAsked || crl.nextUpdateSeconds <= crl.thisUpdateSeconds) return 'nextUpdate must lie after thisUpdate';
      return crl.nextUpdateSeconds - crl.thisUpdateSeconds <= maxLifeSeconds
        ? undefined
        : 'nextUpdate lies too far away';
    },
  },
  {
    id: 'crl-number-rises',
    clause: 'RFC 5280 5.2.3',
    blame: 'ours',
    check: ({ crl, template, previousNumber }) => {
      if (crl.number === undefined || crl.number !== template.number) return 'CRL number is missing or differs';
      if (previousNumber === undefined || crl.number > previousNumber) return undefined;
      // A delta made together with a full list carries the same number (RFC 5280 5.2.4).
      const together = crl.deltaBaseNumber !== undefined && crl.number === previousNumber;
      return together ? undefined : 'CRL number does not rise';
    },
  },
  {
    id: 'crl-authority-key-identifier',
    clause: 'RFC 5280 5.2.1',
    blame: 'ours',
    check: ({ crl, issuer }) =>
      issuer.keyIdentifier !== undefined && crl.authorityKeyIdentifier?.equals(issuer.keyIdentifier)
        ? undefined
        : 'authority key identifier is not the issuer’s',
  },
  {
    id: 'crl-distribution-point',
    clause: 'RFC 5280 5.2.5',
    blame: 'ours',
    check: ({ crl, template }) => {
      const wanted = template.issuingDistributionPoint;
      const found = crl.issuingDistributionPoint;
      if (wanted === undefined) return found === undefined ? undefined : 'unexpected issuing distribution point';
      if (crl.extensions.get(extensionOids.issuingDistributionPoint)?.critical !== true) return 'it must be critical';
      const same = found?.urls.join('\n') === wanted.urls.join('\n') && found.covers === (wanted.covers ?? 'all');
      return same && wanted.urls.every(isHttpUrl) ? undefined : 'issuing distribution point differs from the template';
    },
  },
  {
    id: 'crl-delta',
    clause: 'RFC 5280 5.2.4, 5.2.6',
    blame: 'ours',
    check: ({ crl, template }) => {
      if (crl.deltaBaseNumber !== template.deltaBaseNumber) return 'delta base differs from the template';
      if (crl.deltaBaseNumber === undefined) return undefined;
      if (crl.extensions.get(extensionOids.deltaCrlIndicator)?.critical !== true)
        return 'deltaCRLIndicator must be critical';
      if (crl.extensions.has(extensionOids.freshestCrl)) return 'a delta must not point to a delta';
      return crl.number !== undefined && crl.deltaBaseNumber <= crl.number ? undefined : 'delta base above its number';
    },
  },
  {
    id: 'crl-entries',
    clause: 'RFC 5280 5.1.2.6, 5.3.1',
    blame: 'ours',
    check: ({ crl, template }) => {
      if (template.entryCount !== undefined && crl.revoked.size !== template.entryCount) return 'entries are missing';
      const full = crl.deltaBaseNumber === undefined;
      for (const { reason } of crl.revoked.values()) {
        if (full && reason === 'removeFromCRL') return 'removeFromCRL is for deltas only';
      }
      return undefined;
    },
  },
];
