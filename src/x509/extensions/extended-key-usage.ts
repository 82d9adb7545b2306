import { StrongroomError } from '../../lib/index.ts';
import { oid, readSequence, refuseDer, sequence } from '../der/index.ts';
import { encodeExtension, extensionOids } from './extension.ts';

/** Purposes with a name (RFC 5280 4.2.1.12 and vendors' practice). Others are given as dotted OIDs. */
export const extendedKeyUsageOids = {
  any: '2.5.29.37.0',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  emailProtection: '1.3.6.1.5.5.7.3.4',
  ipsecEndSystem: '1.3.6.1.5.5.7.3.5',
  ipsecTunnel: '1.3.6.1.5.5.7.3.6',
  ipsecUser: '1.3.6.1.5.5.7.3.7',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  ocspSigning: '1.3.6.1.5.5.7.3.9',
  microsoftServerGatedCrypto: '1.3.6.1.4.1.311.10.3.3',
  netscapeServerGatedCrypto: '2.16.840.1.113730.4.1',
  microsoftCommercialCodeSigning: '1.3.6.1.4.1.311.2.1.22',
  microsoftKernelCodeSigning: '1.3.6.1.4.1.311.61.1.1',
} as const;

export type ExtendedKeyUsageName = keyof typeof extendedKeyUsageOids;

export const maxPurposes = 64;

/** Not critical, except timeStamping, which stands alone and critical (RFC 3161 2.3). */
export function encodeExtendedKeyUsage(oids: readonly string[]): Buffer {
  if (oids.length > maxPurposes)
    throw new StrongroomError('invalid_field', 'too many extended key usages', { hint: `${maxPurposes} at most` });
  const critical = oids.length === 1 && oids[0] === extendedKeyUsageOids.timeStamping;
  return encodeExtension(extensionOids.extendedKeyUsage, critical, sequence(...oids.map(oid)));
}

/** Dotted OIDs; at least one. */
export function decodeExtendedKeyUsage(value: Buffer): string[] {
  const reader = readSequence(value);
  const oids: string[] = [];
  do {
    oids.push(reader.readOid());
    if (oids.length > maxPurposes) refuseDer('too many extended key usages');
  } while (!reader.done);
  return oids;
}
