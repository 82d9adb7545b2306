import type { Mount } from '../../../core/index.ts';
import { StrongroomError } from '../../../lib/index.ts';
import { type Change, isGuardFailure } from '../../../store/index.ts';
import type { PkiStore } from '../pki-store.ts';

const maxAttempts = 20;

/**
 * Records what an issuer signed, if it may still issue at that moment: an issuer that was deleted or revoked while it
 * signed, or whose mount is gone, leaves no certificate that nobody could revoke.
 */
export async function commitIssued(
  pki: PkiStore,
  mount: Mount,
  issuerId: string,
  changes: readonly Change[],
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const issuer = await pki.issuers.read(mount, issuerId);
    if (!issuer || issuer.body.revokedMillis !== null || !issuer.body.usage.includes('issuing-certificates')) {
      throw new StrongroomError('invalid_request', 'the issuer was removed, revoked or narrowed meanwhile', {
        hint: 'nothing was issued; issue by another one',
      });
    }
    try {
      await pki.core.store.commit([pki.issuers.unchanged(mount, issuer), ...changes]);
      return;
    } catch (error) {
      if (!isGuardFailure(error, 0) || attempt >= maxAttempts) throw error;
    }
  }
}
