import type { SealStatus } from '../../../core/index.ts';
import type { JsonObject } from '../../../lib/index.ts';
import { strongroomVersion, vaultApiVersion } from '../../../lib/index.ts';

/** The body of `sys/seal-status` and `sys/unseal`; bare, in the wire's order. */
export function sealStatusJson(status: SealStatus, storageType: string): JsonObject {
  return {
    type: status.type,
    initialized: status.initialized,
    sealed: status.sealed,
    t: status.threshold,
    n: status.shares,
    progress: status.progress,
    nonce: status.nonce,
    version: vaultApiVersion,
    build_date: '',
    commit_date: '',
    migration: false,
    ...(status.clusterName !== undefined && {
      cluster_name: status.clusterName,
      cluster_id: status.clusterId as string,
    }),
    recovery_seal: status.recoverySeal,
    ...(status.recoverySeal && { recovery_seal_type: 'shamir' }),
    storage_type: storageType,
    strongroom_version: strongroomVersion,
  };
}
