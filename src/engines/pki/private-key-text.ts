import type { ExportableKey } from '../../crypto/index.ts';
import { StrongroomError } from '../../lib/index.ts';
import { encodePem } from '../../x509/index.ts';

/** Refuses a form of private keys that is not known: before there is a key that could be lost. */
export function requirePrivateKeyFormat(keyFormat: string | undefined): void {
  if (!['', 'der', 'pem', 'pkcs8'].includes(keyFormat ?? ''))
    throw new StrongroomError('invalid_field', 'unknown private_key_format', { hint: 'der, pem or pkcs8' });
}

/** A private key as asked for: `pem` (or `der` in base64), traditional unless `pkcs8`. */
export function privateKeyText(key: ExportableKey, format: string, keyFormat: string): string {
  requirePrivateKeyFormat(keyFormat);
  const { label, der } = keyFormat === 'pkcs8' ? { label: 'PRIVATE KEY', der: key.toPkcs8() } : key.toTraditional();
  const text =
    format === 'der' ? der.insecureBytes().toString('base64') : encodePem(label, der.insecureBytes()).trimEnd();
  der.wipe();
  return text;
}

export const privateKeyType = (key: ExportableKey): string =>
  key.algorithm === 'ed25519' ? 'ed25519' : (key.algorithm.split('-')[0] as string);
