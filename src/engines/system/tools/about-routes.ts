import { type AnyRoute, access, type Core, route } from '../../../core/index.ts';
import { formatTime, vaultApiVersion } from '../../../lib/index.ts';

/** What tools ask about the server itself. None of it is a secret; all of it needs a right. */
export function aboutRoutes(core: Core): AnyRoute[] {
  return [
    route({
      id: 'sys.ha_status.read',
      verb: 'GET',
      path: 'ha-status',
      summary: 'Lists the nodes: this one.',
      access: access.capability,
      fields: {},
      handle: () => {
        const node = {
          active_node: true,
          api_address: core.settings.apiAddress,
          cluster_address: '',
          hostname: hostOf(core.settings.apiAddress),
          last_echo: null,
          version: vaultApiVersion,
        };
        return { data: { nodes: [node] }, topLevel: true };
      },
    }),
    route({
      id: 'sys.version_history.list',
      verb: 'LIST',
      path: 'version-history',
      summary: 'Shows which version was installed when.',
      access: access.capability,
      fields: {},
      handle: () => {
        const installed = core.seal.sealer.keyring.terms[0]?.installedMillis ?? 0;
        const info = { commit_date: '', previous_version: null, timestamp_installed: formatTime(installed) };
        return { data: { key_info: { [vaultApiVersion]: info }, keys: [vaultApiVersion] } };
      },
    }),
    route({
      id: 'sys.config_state.read',
      verb: 'GET',
      path: 'config/state/sanitized',
      summary: 'Shows the configuration in force, without anything secret.',
      access: access.capability,
      fields: {},
      handle: async () => {
        const status = await core.seal.status();
        const { apiAddress, defaultLeaseTtlSeconds, maxLeaseTtlSeconds } = core.settings;
        return {
          data: {
            api_addr: apiAddress,
            cluster_addr: '',
            default_lease_ttl: defaultLeaseTtlSeconds,
            max_lease_ttl: maxLeaseTtlSeconds,
            seals: [{ disabled: false, type: status.type }],
            storage: { cluster_addr: '', disable_clustering: true, redirect_addr: apiAddress, type: core.store.kind },
          },
        };
      },
    }),
  ];
}

const hostOf = (address: string): string => (URL.canParse(address) ? new URL(address).hostname : '');
