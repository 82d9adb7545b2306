import type { KeyHome } from '../../keys/index.ts';

/** A private key of a mount. It is recorded before it is made, so that a crash leaves none that nobody knows of. */
export interface KeyRecord {
  readonly id: string;
  readonly name: string;
  readonly home: KeyHome;
  /** Its id in its home (CKA_ID in a token). */
  readonly homeId: string;
  readonly keyType: 'rsa' | 'ec' | 'ed25519';
  readonly bits: number;
  /** SubjectPublicKeyInfo, base64; '' until the key is made. */
  readonly publicKey: string;
  readonly createdMillis: number;
}

export const issuerUsages = ['read-only', 'issuing-certificates', 'crl-signing', 'ocsp-signing'] as const;
export type IssuerUsage = (typeof issuerUsages)[number];

/** Where relying parties find what belongs to an issuer. */
export interface Locations {
  readonly issuingCertificates: readonly string[];
  readonly crlDistributionPoints: readonly string[];
  readonly ocspServers: readonly string[];
}

export const noLocations: Locations = { issuingCertificates: [], crlDistributionPoints: [], ocspServers: [] };

/** A CA certificate of a mount, with or without its key. */
export interface IssuerRecord {
  readonly id: string;
  readonly name: string;
  /** Id of its key record; '' when the key is not here. */
  readonly keyId: string;
  /** Base64. */
  readonly certificate: string;
  /** Issuer ids, this one first; empty: found by itself. */
  readonly manualChain: readonly string[];
  readonly leafNotAfterBehavior: 'err' | 'truncate' | 'permit';
  readonly usage: readonly IssuerUsage[];
  readonly locations: Locations;
  /** Name of the signature algorithm of its lists; absent or '' for that of its key. */
  readonly listAlgorithm?: string;
  readonly revokedMillis: number | null;
  readonly createdMillis: number;
}

/** Whether lists can be made: its key is here, and its usage was not narrowed. */
export const signsLists = (issuer: IssuerRecord): boolean =>
  issuer.keyId !== '' && issuer.usage.includes('crl-signing');

/** One row a mount: whatever issuing reads besides role and issuer. */
export interface PkiConfig {
  readonly defaultIssuer: string;
  readonly followsLatest: boolean;
  readonly defaultKey: string;
  readonly locations: Locations;
  readonly crlExpirySeconds: number;
  readonly crlDisabled: boolean;
  /** Counts changes of the set of issuers: chains are made anew after each. */
  readonly issuerGeneration: number;
}

export const defaultPkiConfig: PkiConfig = {
  defaultIssuer: '',
  followsLatest: false,
  defaultKey: '',
  locations: noLocations,
  crlExpirySeconds: 259_200,
  crlDisabled: false,
  issuerGeneration: 0,
};

/** The newest revocation list of a subject and key. It outlives its issuer: numbers rise when that is imported again. */
export interface CrlRecord {
  readonly number: string;
  /** Base64. */
  readonly der: string;
  readonly thisUpdateMillis: number;
  readonly nextUpdateMillis: number;
}
