import { enumerated, generalizedTime, integerFromBytes, sequence, time } from '../der/index.ts';
import { encodeExtension, extensionOids } from '../extensions/index.ts';
import { type RevocationReason, revocationReasons } from './reasons.ts';

export interface RevokedCertificate {
  /** Content of the serial number INTEGER. */
  readonly serial: Uint8Array;
  /** When it was revoked, whole seconds since 1970. */
  readonly revokedAtSeconds: number;
  readonly reason?: RevocationReason | undefined;
  readonly invalidityDateSeconds?: number | undefined;
}

const reasonExtensions = new Map(
  Object.values(revocationReasons).map((number) => [
    number as number,
    encodeExtension(extensionOids.reasonCode, false, enumerated(number)),
  ]),
);

/**
 * One revokedCertificates entry (RFC 5280 5.1.2.6): 39 bytes for a 20-byte serial, 53 with a reason. Encode it once, when
 * the certificate is revoked, and keep it beside the row: lists are then joined, not encoded. Reason 0 is left out (5.3.1).
 */
export function encodeRevokedEntry(entry: RevokedCertificate): Buffer {
  const extensions: Buffer[] = [];
  const reason = revocationReasons[entry.reason ?? 'unspecified'];
  const reasonExtension = reason === 0 ? undefined : reasonExtensions.get(reason);
  if (reasonExtension) extensions.push(reasonExtension);
  if (entry.invalidityDateSeconds !== undefined) {
    const date = generalizedTime(entry.invalidityDateSeconds);
    extensions.push(encodeExtension(extensionOids.invalidityDate, false, date));
  }
  const serial = integerFromBytes(entry.serial);
  const revokedAt = time(entry.revokedAtSeconds);
  return extensions.length === 0 ? sequence(serial, revokedAt) : sequence(serial, revokedAt, sequence(...extensions));
}
