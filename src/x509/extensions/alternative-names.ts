import { StrongroomError } from '../../lib/index.ts';
import { sequence } from '../der/index.ts';
import { encodeGeneralName, type GeneralName, maxAlternativeNames } from '../names/index.ts';
import { encodeExtension, extensionOids } from './extension.ts';

/** RFC 5280 4.2.1.6: critical exactly when the subject is empty. The list must not be empty. */
export function encodeSubjectAlternativeName(names: readonly GeneralName[], critical: boolean): Buffer {
  if (names.length > maxAlternativeNames)
    throw new StrongroomError('invalid_field', 'too many alternative names', {
      hint: `${maxAlternativeNames} at most, with the common name`,
    });
  return encodeExtension(extensionOids.subjectAlternativeName, critical, sequence(...names.map(encodeGeneralName)));
}

/** RFC 5280 4.2.1.7: not critical. */
export function encodeIssuerAlternativeName(names: readonly GeneralName[]): Buffer {
  return encodeExtension(extensionOids.issuerAlternativeName, false, sequence(...names.map(encodeGeneralName)));
}
