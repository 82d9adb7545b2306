import { StrongroomError } from '../../../lib/index.ts';
import { chooseScheme, type KeyAlgorithm } from '../../../x509/index.ts';
import { requireKeyKind } from '../key-parameters.ts';
import type { KeyWish } from '../make-key.ts';
import { requirePrivateKeyFormat } from '../private-key-text.ts';
import { type AnswerFormat, requireFormat } from './answer-format.ts';
import type { AuthorityFields, KeyFields } from './authority-fields.ts';

type Scheme = ReturnType<typeof chooseScheme>;

/** How a CA's key is made, signs and is handed out. */
export interface AuthorityKeyWish {
  readonly format: AnswerFormat;
  readonly key: KeyWish;
  readonly schemeFor: (algorithm: KeyAlgorithm) => Scheme;
}

/** Reads it whole, so that what is wrong with it is refused before there is a key. */
export function readKeyWish(fields: AuthorityFields & KeyFields): AuthorityKeyWish {
  const format = requireFormat(fields.format);
  requirePrivateKeyFormat(fields.private_key_format);
  const schemeFor = (algorithm: KeyAlgorithm): Scheme => requireScheme(algorithm, fields);
  const key = {
    type: fields.type,
    keyType: fields.key_type ?? 'rsa',
    bits: fields.key_bits ?? 0,
    name: fields.key_name,
  };
  if (fields.type !== 'existing') {
    const { keyType, bits } = requireKeyKind(key.keyType, key.bits);
    schemeFor(keyType === 'ec' ? (`P-${bits}` as KeyAlgorithm) : keyType);
  }
  return { format, key, schemeFor };
}

/** The scheme asked for by `signature_bits` and `use_pss`. RSA alone has a choice: a curve brings its hash with it. */
export function requireScheme(
  algorithm: KeyAlgorithm,
  { signature_bits: bits = 0, use_pss: pss = false }: Pick<AuthorityFields, 'signature_bits' | 'use_pss'>,
): Scheme {
  const scheme = chooseScheme(algorithm, bits, pss);
  if (algorithm === 'rsa') return scheme;
  if (pss) refuse('use_pss is for RSA keys alone', 'leave it out');
  if (bits !== 0 && !scheme.endsWith(String(bits)))
    refuse(`a key of this kind does not sign with signature_bits of ${bits}`, 'leave signature_bits out');
  return scheme;
}

function refuse(message: string, hint: string): never {
  throw new StrongroomError('invalid_field', message, { hint });
}
