import { type Answer, type Core, decideTtl, type EngineRequest, mountLimits } from '../../../core/index.ts';
import { StrongroomError } from '../../../lib/index.ts';

export interface RenewFields {
  readonly lease_id?: string | undefined;
  readonly increment?: number | undefined;
}

/** The id of the lease a request is about; what stands in the path has won over the body already. */
export function requireLeaseId(fields: { readonly lease_id?: string | undefined }): string {
  if (fields.lease_id) return fields.lease_id;
  throw new StrongroomError('missing_field', 'lease_id must be specified', { hint: 'in the path or as "lease_id"' });
}

export async function renewLease(core: Core, request: EngineRequest<RenewFields>): Promise<Answer> {
  const id = requireLeaseId(request.fields);
  if (id.startsWith('auth/')) {
    throw new StrongroomError('invalid_request', 'tokens cannot be renewed through this endpoint', {
      hint: 'use auth/token/renew',
    });
  }
  const lease = await core.leases.find(request.namespace, id);
  if (!lease) throw notFound();
  const mount = core.mounts.byId(lease.mount);
  if (!lease.body.renewable || !mount) {
    throw new StrongroomError('invalid_request', 'lease is not renewable', { hint: 'ask for a new one' });
  }
  const limits = mountLimits(mount, core.settings);
  const ttl = decideTtl({
    incrementSeconds: Math.max(0, request.fields.increment ?? 0),
    roleTtlSeconds: lease.body.ttlSeconds,
    periodSeconds: 0,
    roleMaxSeconds: lease.body.maxTtlSeconds,
    explicitMaxSeconds: 0,
    mountDefaultSeconds: limits.defaultSeconds,
    mountMaxSeconds: limits.maxSeconds,
    issuedMillis: lease.issuedMillis,
    nowMillis: request.nowMillis,
  });
  for (const warning of ttl.warnings) request.warn(warning);
  if (!(await core.leases.renew(lease, request.nowMillis + ttl.seconds * 1000))) throw notFound();
  return { data: null, lease: { id, seconds: ttl.seconds, renewable: true } };
}

const notFound = (): StrongroomError =>
  new StrongroomError('invalid_request', 'lease not found', { hint: 'it is unknown, over or revoked' });
