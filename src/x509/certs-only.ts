import { context, element, integer, oid, sequence, tags } from './der/index.ts';

const signedDataOid = '1.2.840.113549.1.7.2';
const dataOid = '1.2.840.113549.1.7.1';

/**
 * PKCS#7 certs-only message (RFC 5652 5, RFC 5751 3.7): SignedData version 1 with certificates, in the given order, and
 * neither content nor signers.
 */
export function encodeCertsOnly(certificatesDer: readonly Uint8Array[]): Buffer {
  const empty = element(tags.set);
  const signedData = sequence(integer(1), empty, sequence(oid(dataOid)), context(0, ...certificatesDer), empty);
  return sequence(oid(signedDataOid), context(0, signedData));
}
