import { derNull, integer, sequence } from '../der/index.ts';
import { encodeExtension, extensionOids } from './extension.ts';

/** id-pkix-ocsp-nocheck (RFC 6960 4.2.2.2.1): the responder certificate itself need not be checked. */
export const ocspNoCheckExtension: Buffer = encodeExtension(extensionOids.ocspNoCheck, false, derNull);

/** noRevAvail (RFC 9608): no revocation information will ever exist. Leaves only, without CRL or OCSP pointers. */
export const noRevocationAvailableExtension: Buffer = encodeExtension(
  extensionOids.noRevocationAvailable,
  false,
  derNull,
);

/** TLS feature status_request, «must staple» (RFC 7633). */
export const mustStapleExtension: Buffer = encodeExtension(extensionOids.tlsFeature, false, sequence(integer(5)));
