import {
  type BasicConstraints,
  type ExtendedKeyUsageName,
  extendedKeyUsageOids,
  type KeyUsage,
} from './extensions/index.ts';

/** What kind of certificate it is, as data: spread it into a template. */
export interface CertificateProfile {
  readonly basicConstraints: BasicConstraints;
  /** Before `fitKeyUsage`, which drops what the key cannot do. */
  readonly keyUsage: readonly KeyUsage[];
  /** Dotted OIDs. */
  readonly extendedKeyUsage: readonly string[];
}

const leaf = (keyUsage: readonly KeyUsage[], ...purposes: readonly ExtendedKeyUsageName[]): CertificateProfile => ({
  basicConstraints: { ca: false },
  keyUsage,
  extendedKeyUsage: purposes.map((purpose) => extendedKeyUsageOids[purpose]),
});

export const profiles = {
  root: { basicConstraints: { ca: true }, keyUsage: ['keyCertSign', 'cRLSign'], extendedKeyUsage: [] },
  intermediate: {
    basicConstraints: { ca: true, pathLength: 0 },
    keyUsage: ['keyCertSign', 'cRLSign'],
    extendedKeyUsage: [],
  },
  server: leaf(['digitalSignature', 'keyEncipherment'], 'serverAuth'),
  client: leaf(['digitalSignature'], 'clientAuth'),
  mtls: leaf(['digitalSignature'], 'serverAuth', 'clientAuth'),
  ocspResponder: leaf(['digitalSignature'], 'ocspSigning'),
  mail: leaf(['digitalSignature', 'keyEncipherment', 'keyAgreement'], 'emailProtection'),
  codeSigning: leaf(['digitalSignature'], 'codeSigning'),
} as const satisfies Readonly<Record<string, CertificateProfile>>;

/** Flags of a Vault role. */
export interface LeafFlags {
  readonly server?: boolean;
  readonly client?: boolean;
  readonly codeSigning?: boolean;
  readonly emailProtection?: boolean;
}

/** Purposes of a leaf by a role's flags and its additional OIDs, each once, in this order. */
export function leafPurposes(flags: LeafFlags, additionalOids: readonly string[] = []): string[] {
  const oids: string[] = [];
  if (flags.server) oids.push(extendedKeyUsageOids.serverAuth);
  if (flags.client) oids.push(extendedKeyUsageOids.clientAuth);
  if (flags.codeSigning) oids.push(extendedKeyUsageOids.codeSigning);
  if (flags.emailProtection) oids.push(extendedKeyUsageOids.emailProtection);
  return [...new Set([...oids, ...additionalOids])];
}

/** Profile of a CA; `pathLength` undefined means no limit. */
export function authorityProfile(pathLength: number | undefined): CertificateProfile {
  return {
    ...profiles.root,
    basicConstraints: pathLength === undefined ? { ca: true } : { ca: true, pathLength },
  };
}
