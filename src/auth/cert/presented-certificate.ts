import type { Connection } from '../../core/index.ts';
import { sha256Hex } from '../../crypto/index.ts';
import { StrongroomError } from '../../lib/index.ts';

export interface PresentedCertificate {
  readonly leafDer: Buffer;
  readonly intermediatesDer: readonly Buffer[];
  readonly fingerprint: string;
}

/** What the client proved in the TLS handshake of this connection. A header is never looked at. */
export function presentedCertificate(connection: Connection): PresentedCertificate {
  const [leafDer, ...intermediatesDer] = connection.encrypted ? connection.clientCertificates() : [];
  if (leafDer) return { leafDer, intermediatesDer, fingerprint: sha256Hex(leafDer) };
  throw new StrongroomError('login_failed', 'client certificate must be supplied', {
    hint: 'present one in the TLS handshake',
  });
}
