import {
  context,
  contextConstructed,
  contextValue,
  type DerReader,
  readSequence,
  refuseDer,
  sequence,
} from '../der/index.ts';
import { readGeneralName } from '../names/index.ts';
import { encodeExtension, extensionOids } from './extension.ts';

const maxPoints = 64;

/** DistributionPointName with fullName URIs: the bytes that an issuing distribution point must repeat (RFC 5280 5.2.5). */
export function encodeDistributionPointName(urls: readonly string[]): Buffer {
  const names = urls.map((url) => contextValue(6, Buffer.from(url, 'latin1')));
  return context(0, context(0, ...names));
}

function encodePoints(type: string, urls: readonly string[]): Buffer {
  return encodeExtension(type, false, sequence(sequence(encodeDistributionPointName(urls))));
}

/** RFC 5280 4.2.1.13: one point, one or more http addresses of the same list; no reasons, no cRLIssuer. */
export function encodeCrlDistributionPoints(urls: readonly string[]): Buffer {
  return encodePoints(extensionOids.crlDistributionPoints, urls);
}

/** RFC 5280 4.2.1.15: where the delta is. */
export function encodeFreshestCrl(urls: readonly string[]): Buffer {
  return encodePoints(extensionOids.freshestCrl, urls);
}

/** URIs of a DistributionPointName `[0]`; other forms of names are passed over. */
export function readPointUrls(reader: DerReader): string[] {
  const name = reader.enterContext(0);
  if (!name) return [];
  const urls: string[] = [];
  const fullName = name.enterContext(0);
  if (!fullName) {
    name.readWhole(contextConstructed(1));
    name.finish();
    return urls;
  }
  do {
    const general = readGeneralName(fullName);
    if (general.kind === 'uri') urls.push(general.value);
    if (urls.length > maxPoints) refuseDer('too many distribution points');
  } while (!fullName.done);
  name.finish();
  return urls;
}

/** URIs of every point, in order. Never fetched: addresses in certificates come from callers. */
export function decodeCrlDistributionPoints(value: Buffer): string[] {
  const reader = readSequence(value);
  const urls: string[] = [];
  do {
    const point = reader.enter();
    urls.push(...readPointUrls(point));
    point.readContext(1);
    if (point.peek() === contextConstructed(2)) point.readWhole();
    point.finish();
    if (urls.length > maxPoints) refuseDer('too many distribution points');
  } while (!reader.done);
  return urls;
}
