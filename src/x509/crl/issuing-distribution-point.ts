import { contextValue, readSequence, refuseDer, sequence } from '../der/index.ts';
import { encodeDistributionPointName, encodeExtension, extensionOids, readPointUrls } from '../extensions/index.ts';

/** What a list covers when it does not cover everything its issuer made (RFC 5280 5.2.5). */
export interface IssuingDistributionPoint {
  /** The same addresses, in the same order, as the CRL distribution point of the certificates covered. */
  readonly urls: readonly string[];
  readonly covers?: 'all' | 'leaves' | 'authorities' | undefined;
}

const flagTrue = Uint8Array.of(0xff);

/** Critical. Never indirect, never both flags, never empty. */
export function encodeIssuingDistributionPoint({ urls, covers = 'all' }: IssuingDistributionPoint): Buffer {
  const parts: Buffer[] = urls.length === 0 ? [] : [encodeDistributionPointName(urls)];
  if (covers === 'leaves') parts.push(contextValue(1, flagTrue));
  if (covers === 'authorities') parts.push(contextValue(2, flagTrue));
  if (parts.length === 0) throw new RangeError('an issuing distribution point must say something');
  return encodeExtension(extensionOids.issuingDistributionPoint, true, sequence(...parts));
}

/** Refuses indirect lists, lists of some reasons or attribute certificates: forms whose silence would mislead us. */
export function decodeIssuingDistributionPoint(value: Buffer): IssuingDistributionPoint {
  const reader = readSequence(value);
  const urls = readPointUrls(reader);
  const leaves = reader.readContext(1);
  const authorities = reader.readContext(2);
  reader.finish();
  const isTrue = (flag: Buffer | undefined): boolean => flag?.length === 1 && flag[0] === 0xff;
  if ((leaves && !isTrue(leaves)) || (authorities && !isTrue(authorities)) || (leaves && authorities)) {
    refuseDer('contradictory issuing distribution point');
  }
  return { urls, covers: leaves ? 'leaves' : authorities ? 'authorities' : 'all' };
}
