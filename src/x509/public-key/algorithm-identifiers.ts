import { type SignatureScheme, signatureSchemes } from '../../crypto/index.ts';

/**
 * AlgorithmIdentifiers, byte for byte (RFC 3279, 4055, 5480, 5758, 8410). They are compared and written whole: an
 * identifier with other parameters (absent NULL, explicit curve, trailing fields) is another algorithm, hence unknown.
 */
const pss = (hash: string, salt: string): Buffer =>
  Buffer.from(
    `304106092a864886f70d01010a3034a00f300d06096086480165030402${hash}0500a11c301a06092a864886f70d010108` +
      `300d06096086480165030402${hash}0500a2030201${salt}`,
    'hex',
  );

export const signatureIdentifiers: Readonly<Record<SignatureScheme, Buffer>> = {
  'rsa-sha256': Buffer.from('300d06092a864886f70d01010b0500', 'hex'),
  'rsa-sha384': Buffer.from('300d06092a864886f70d01010c0500', 'hex'),
  'rsa-sha512': Buffer.from('300d06092a864886f70d01010d0500', 'hex'),
  'rsa-pss-sha256': pss('01', '20'),
  'rsa-pss-sha384': pss('02', '30'),
  'rsa-pss-sha512': pss('03', '40'),
  'ecdsa-sha256': Buffer.from('300a06082a8648ce3d040302', 'hex'),
  'ecdsa-sha384': Buffer.from('300a06082a8648ce3d040303', 'hex'),
  'ecdsa-sha512': Buffer.from('300a06082a8648ce3d040304', 'hex'),
  ed25519: Buffer.from('300506032b6570', 'hex'),
};

export type EcCurve = 'P-256' | 'P-384' | 'P-521';

export const keyIdentifiers = {
  rsa: Buffer.from('300d06092a864886f70d0101010500', 'hex'),
  'P-256': Buffer.from('301306072a8648ce3d020106082a8648ce3d030107', 'hex'),
  'P-384': Buffer.from('301006072a8648ce3d020106052b81040022', 'hex'),
  'P-521': Buffer.from('301006072a8648ce3d020106052b81040023', 'hex'),
  ed25519: Buffer.from('300506032b6570', 'hex'),
} as const satisfies Record<string, Buffer>;

export type KeyAlgorithm = keyof typeof keyIdentifiers;

const schemeOfHex = new Map(
  signatureSchemes.map((scheme) => [signatureIdentifiers[scheme].toString('latin1'), scheme]),
);
const keyOfHex = new Map(
  (Object.keys(keyIdentifiers) as KeyAlgorithm[]).map((name) => [keyIdentifiers[name].toString('latin1'), name]),
);

/** Scheme of a whole AlgorithmIdentifier, or undefined when it is none of ours. */
export function schemeOfIdentifier(identifier: Buffer): SignatureScheme | undefined {
  return schemeOfHex.get(identifier.toString('latin1'));
}

/** Key algorithm of a whole AlgorithmIdentifier, or undefined when it is none of ours. */
export function keyAlgorithmOfIdentifier(identifier: Buffer): KeyAlgorithm | undefined {
  return keyOfHex.get(identifier.toString('latin1'));
}
