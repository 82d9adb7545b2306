import { type CoreSettings, type Mount, mountLimits } from '../../../core/index.ts';
import { type JsonObject, vaultApiVersion } from '../../../lib/index.ts';

const listed = (names: readonly string[], key: string): JsonObject => (names.length > 0 ? { [key]: names } : {});

function setOnly(mount: Mount): JsonObject {
  const { config } = mount;
  return {
    ...(config.listingVisibility !== '' && { listing_visibility: config.listingVisibility }),
    ...listed(config.auditNonHmacRequestKeys, 'audit_non_hmac_request_keys'),
    ...listed(config.auditNonHmacResponseKeys, 'audit_non_hmac_response_keys'),
    ...listed(config.passthroughRequestHeaders, 'passthrough_request_headers'),
    ...listed(config.allowedResponseHeaders, 'allowed_response_headers'),
    ...(mount.kind === 'auth' && { token_type: config.tokenType }),
  };
}

/** A mount as the tables of mounts show it; a TTL of 0 stands for the server's default. */
export function describeMount(mount: Mount): JsonObject {
  return {
    accessor: mount.accessor,
    config: {
      default_lease_ttl: mount.config.defaultLeaseTtlSeconds,
      force_no_cache: mount.config.forceNoCache,
      max_lease_ttl: mount.config.maxLeaseTtlSeconds,
      ...setOnly(mount),
    },
    description: mount.description,
    external_entropy_access: false,
    local: mount.local,
    options: mount.options,
    plugin_version: '',
    running_plugin_version: `v${vaultApiVersion}+builtin.vault`,
    running_sha256: '',
    seal_wrap: mount.sealWrap,
    type: mount.type,
    uuid: mount.id,
  };
}

/** The limits in force, as `tune` shows them. */
export function describeTuning(mount: Mount, settings: CoreSettings): JsonObject {
  const limits = mountLimits(mount, settings);
  const { lockout } = mount.config;
  return {
    default_lease_ttl: limits.defaultSeconds,
    description: mount.description,
    force_no_cache: mount.config.forceNoCache,
    max_lease_ttl: limits.maxSeconds,
    ...setOnly(mount),
    ...(mount.options && { options: mount.options }),
    ...(mount.kind === 'auth' && {
      user_lockout_counter_reset_duration: lockout.resetSeconds,
      user_lockout_disable: lockout.disabled,
      user_lockout_duration: lockout.seconds,
      user_lockout_threshold: lockout.threshold,
    }),
  };
}

/** The table of one kind, by path. */
export function describeMounts(mounts: readonly Mount[]): JsonObject {
  return Object.fromEntries(mounts.map((mount) => [mount.path, describeMount(mount)]));
}
