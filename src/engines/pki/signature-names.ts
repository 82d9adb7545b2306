import type { SignatureScheme } from '../../crypto/index.ts';
import { StrongroomError } from '../../lib/index.ts';
import { type KeyAlgorithm, schemeFitsKey } from '../../x509/index.ts';

/** Signature algorithms by the names of Go's x509 package, which Vault's clients send. */
const schemes: ReadonlyMap<string, SignatureScheme> = new Map([
  ['SHA256WithRSA', 'rsa-sha256'],
  ['SHA384WithRSA', 'rsa-sha384'],
  ['SHA512WithRSA', 'rsa-sha512'],
  ['SHA256WithRSAPSS', 'rsa-pss-sha256'],
  ['SHA384WithRSAPSS', 'rsa-pss-sha384'],
  ['SHA512WithRSAPSS', 'rsa-pss-sha512'],
  ['ECDSAWithSHA256', 'ecdsa-sha256'],
  ['ECDSAWithSHA384', 'ecdsa-sha384'],
  ['ECDSAWithSHA512', 'ecdsa-sha512'],
  ['PureEd25519', 'ed25519'],
]);

/** The scheme of a name, for a key that can sign by it. */
export function requireSchemeOf(name: string, algorithm: KeyAlgorithm): SignatureScheme {
  const scheme = schemes.get(name);
  if (scheme !== undefined && schemeFitsKey(scheme, algorithm)) return scheme;
  const fitting = [...schemes].filter(([, each]) => schemeFitsKey(each, algorithm)).map(([each]) => each);
  throw new StrongroomError('invalid_field', 'the key of this issuer does not sign by this signature algorithm', {
    hint: `${fitting.join(', ')}, or nothing for the usual one`,
  });
}
