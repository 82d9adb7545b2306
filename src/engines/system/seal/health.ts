import type { Answer, Core } from '../../../core/index.ts';
import { StrongroomError, strongroomVersion, vaultApiVersion } from '../../../lib/index.ts';
import type { SystemHooks } from '../hooks.ts';

interface HealthCodes {
  readonly activecode?: number | undefined;
  readonly sealedcode?: number | undefined;
  readonly uninitcode?: number | undefined;
}

const code = (chosen: number | undefined, usual: number): number => {
  if (chosen === undefined) return usual;
  if (chosen >= 200 && chosen <= 599) return chosen;
  throw new StrongroomError('invalid_field', 'status codes lie between 200 and 599', {
    hint: 'such as standbyok=true&sealedcode=200',
  });
};

/**
 * Not initialised before sealed before active, each with its status. The keys are there a moment before the audit log is
 * open: until then requests are refused as sealed, and so says this.
 */
export async function healthAnswer(
  core: Core,
  hooks: Pick<SystemHooks, 'audit'>,
  codes: HealthCodes,
): Promise<Answer & { readonly status: NonNullable<Answer['status']> }> {
  const status = await core.seal.status();
  const sealed = status.sealed || hooks.audit() === undefined;
  const value = !status.initialized
    ? code(codes.uninitcode, 501)
    : sealed
      ? code(codes.sealedcode, 503)
      : code(codes.activecode, 200);
  return {
    status: value as NonNullable<Answer['status']>,
    bare: {
      initialized: status.initialized,
      sealed,
      standby: false,
      performance_standby: false,
      replication_performance_mode: sealed ? 'unknown' : 'disabled',
      replication_dr_mode: sealed ? 'unknown' : 'disabled',
      server_time_utc: Math.floor(core.clock.nowMillis() / 1000),
      version: vaultApiVersion,
      strongroom_version: strongroomVersion,
      enterprise: false,
      ...(status.clusterName !== undefined && {
        cluster_name: status.clusterName,
        cluster_id: status.clusterId as string,
      }),
      echo_duration_ms: 0,
      clock_skew_ms: 0,
    },
  };
}
