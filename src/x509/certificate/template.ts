import type {
  AuthorityInfoAccess,
  BasicConstraints,
  Extension,
  KeyUsage,
  NameConstraints,
  PolicyConstraints,
  PolicyInformation,
} from '../extensions/index.ts';
import type { GeneralName } from '../names/index.ts';
import type { SubjectPublicKey } from '../public-key/index.ts';

/** Everything a certificate says, except what its issuer determines (issuer name, AKI, signature). */
export interface CertificateTemplate {
  /** Content of the serialNumber INTEGER, from `newSerial`. */
  readonly serial: Uint8Array;
  /** Name DER, from `encodeDistinguishedName`; `emptyName` is allowed with alternative names. */
  readonly subject: Buffer;
  readonly publicKey: SubjectPublicKey;
  /** Whole seconds since 1970; both ends belong to the validity (RFC 5280 4.1.2.5). */
  readonly notBeforeSeconds: number;
  readonly notAfterSeconds: number;
  /** Absent: no basicConstraints extension (as Vault's roles have it by default for leaves). */
  readonly basicConstraints?: BasicConstraints | undefined;
  /** Empty: no keyUsage extension. */
  readonly keyUsage: readonly KeyUsage[];
  /** Dotted OIDs; empty: no extension. */
  readonly extendedKeyUsage?: readonly string[] | undefined;
  /** Defaults to SHA-1 of the key bits; `omit` leaves it out (leaves only). */
  readonly subjectKeyIdentifier?: Uint8Array | 'omit' | undefined;
  readonly alternativeNames?: readonly GeneralName[] | undefined;
  readonly issuerAlternativeNames?: readonly GeneralName[] | undefined;
  readonly policies?: readonly PolicyInformation[] | undefined;
  readonly nameConstraints?: NameConstraints | undefined;
  readonly policyConstraints?: PolicyConstraints | undefined;
  readonly inhibitAnyPolicy?: number | undefined;
  readonly crlDistributionPoints?: readonly string[] | undefined;
  readonly freshestCrl?: readonly string[] | undefined;
  readonly authorityInfoAccess?: AuthorityInfoAccess | undefined;
  readonly ocspNoCheck?: boolean | undefined;
  readonly noRevocationAvailable?: boolean | undefined;
  readonly mustStaple?: boolean | undefined;
  /** Extensions of other kinds, already DER inside; OIDs written elsewhere here are refused. */
  readonly otherExtensions?: readonly Extension[] | undefined;
  /**
   * Lets notAfter lie beyond the issuer's (Vault's `leaf_not_after_behavior=permit`): validators will refuse the
   * certificate once the issuer has expired.
   */
  readonly insecurePermitBeyondIssuer?: boolean | undefined;
}
