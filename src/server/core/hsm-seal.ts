import type { RootKeyHsm } from '../../core/index.ts';
import type { KeyProvider } from '../../keys/index.ts';
import { SecretBytes, StrongroomError } from '../../lib/index.ts';

/** Wraps the root key with an AES key that never leaves the HSM. */
export function hsmSeal(provider: KeyProvider): RootKeyHsm {
  return {
    async createKey() {
      const key = await provider.generate({
        algorithm: 'aes-256',
        label: 'strongroom seal',
        usages: ['encrypt', 'decrypt'],
      });
      return key.id;
    },
    wrap: (keyId, rootKey, context) => provider.encrypt(keyId, rootKey.insecureBytes(), Buffer.from(context, 'utf8')),
    async unwrap(keyId, wrapped, context) {
      const bytes = await provider.decrypt(keyId, wrapped, Buffer.from(context, 'utf8'));
      if (bytes) return new SecretBytes(bytes);
      throw new StrongroomError('row_unreadable', 'the wrapped root key does not open with the key in the HSM', {
        hint: 'is this the token the server was initialised with?',
      });
    },
  };
}
