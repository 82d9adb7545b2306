import type { AuditBroker, Sealer } from '../../core/index.ts';
import type { Change } from '../../store/index.ts';

/** What the system engine asks of the server around it. */
export interface SystemHooks {
  /** What a new server starts with: policies, mounts, the first root token. */
  readonly bootstrap: (sealer: Sealer) => Promise<{ readonly changes: readonly Change[]; readonly rootToken: string }>;
  /** Called when the keys have come into memory: reads the mount table, opens the audit log. */
  readonly unsealed: () => Promise<void>;
  /** Takes the keys out of memory. */
  readonly seal: () => Promise<void>;
  /** The open audit log; undefined while sealed. */
  readonly audit: () => AuditBroker | undefined;
  /** What verifies the checkpoints of the audit log. */
  readonly auditKeys: () => { readonly keyId: string; readonly publicKeyDer: Buffer } | undefined;
}
