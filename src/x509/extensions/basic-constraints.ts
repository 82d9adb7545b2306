import { StrongroomError } from '../../lib/index.ts';
import { booleanTrue, integer, readSequence, refuseDer, sequence } from '../der/index.ts';
import { encodeExtension, extensionOids } from './extension.ts';

export interface BasicConstraints {
  readonly ca: boolean;
  /** How many intermediates may follow; absent means no limit. Only with `ca`. */
  readonly pathLength?: number | undefined;
}

/** More than any path has; readers differ in how large an INTEGER they take. */
const maxPathLength = 255;

/** RFC 5280 4.2.1.9: critical in CAs; a leaf's cA FALSE is the default and so an empty SEQUENCE. */
export function encodeBasicConstraints({ ca, pathLength }: BasicConstraints): Buffer {
  if (!ca) return encodeExtension(extensionOids.basicConstraints, false, sequence());
  if (pathLength !== undefined && pathLength > maxPathLength)
    throw new StrongroomError('invalid_field', 'the path length is too large', { hint: `${maxPathLength} at most` });
  const value = pathLength === undefined ? sequence(booleanTrue) : sequence(booleanTrue, integer(pathLength));
  return encodeExtension(extensionOids.basicConstraints, true, value);
}

export function decodeBasicConstraints(value: Buffer): BasicConstraints {
  const reader = readSequence(value);
  const ca = reader.readDefaultFalse();
  if (reader.done) return { ca };
  const pathLength = reader.readSmallInteger();
  reader.finish();
  if (!ca) refuseDer('path length without cA');
  return { ca, pathLength };
}
