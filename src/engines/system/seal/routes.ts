import { type AnyRoute, access, type Core, field, route } from '../../../core/index.ts';
import { formatTime, StrongroomError } from '../../../lib/index.ts';
import type { SystemHooks } from '../hooks.ts';
import { healthAnswer } from './health.ts';
import { initialize } from './initialize.ts';
import { sealStatusJson } from './status-json.ts';

const noToken = access.public('there is no credential before the server is unsealed');

/** Initialising, unsealing, sealing, and what monitors ask. */
export function sealRoutes(core: Core, hooks: SystemHooks): AnyRoute[] {
  const status = async () => sealStatusJson(await core.seal.status(), core.store.kind);
  const healthFields = {
    standbyok: field.boolean().optional(),
    perfstandbyok: field.boolean().optional(),
    activecode: field.integer().optional(),
    standbycode: field.integer().optional(),
    sealedcode: field.integer().optional(),
    uninitcode: field.integer().optional(),
    drsecondarycode: field.integer().optional(),
    performancestandbycode: field.integer().optional(),
  };
  return [
    route({
      id: 'sys.health.read',
      verb: 'GET',
      path: 'health',
      summary: 'Says whether the server is initialised, sealed and able to serve, by status and body.',
      access: access.public('load balancers ask without a credential'),
      whileSealed: true,
      fields: healthFields,
      handle: (request) => healthAnswer(core, hooks, request.fields),
    }),
    route({
      id: 'sys.health.check',
      verb: 'HEAD',
      path: 'health',
      summary: 'The status of `sys/health` without its body.',
      access: access.public('load balancers ask without a credential'),
      whileSealed: true,
      fields: healthFields,
      handle: async (request) => {
        const { status: code } = await healthAnswer(core, hooks, request.fields);
        return { status: code, raw: { bytes: '', contentType: 'application/json' } };
      },
    }),
    route({
      id: 'sys.init.read',
      verb: 'GET',
      path: 'init',
      summary: 'Says whether the server was initialised.',
      access: noToken,
      whileSealed: true,
      fields: {},
      handle: async () => ({ bare: { initialized: (await core.seal.status()).initialized } }),
    }),
    route({
      id: 'sys.init.create',
      verb: 'POST',
      path: 'init',
      summary: 'Initialises the server once: makes its keys, hands out the shares and the first root token.',
      access: noToken,
      whileSealed: true,
      fields: {
        secret_shares: field.integer().optional(),
        secret_threshold: field.integer().optional(),
        stored_shares: field.integer().optional(),
        pgp_keys: field.texts().optional(),
        root_token_pgp_key: field.text().optional(),
        recovery_shares: field.integer().optional(),
        recovery_threshold: field.integer().optional(),
        recovery_pgp_keys: field.texts().optional(),
      },
      errors: ['already_initialized'],
      handle: (request) => initialize(core, hooks, request.fields),
    }),
    route({
      id: 'sys.seal_status.read',
      verb: 'GET',
      path: 'seal-status',
      summary: 'Says what kind of seal there is and how many shares have been given.',
      access: noToken,
      whileSealed: true,
      fields: {},
      handle: async () => ({ bare: await status() }),
    }),
    route({
      id: 'sys.unseal.update',
      verb: 'POST',
      path: 'unseal',
      summary: 'Takes one key share; with the last one needed the server unseals.',
      access: noToken,
      whileSealed: true,
      openBody: true,
      fields: {
        key: field.secretText().optional(),
        reset: field.boolean().optional(),
        migrate: field.boolean().optional(),
      },
      handle: async (request) => {
        const { key, reset } = readUnsealBody(request.body);
        if (reset) await core.seal.resetProgress();
        else if (typeof key !== 'string' || key === '') {
          throw new StrongroomError(
            'invalid_request',
            "'key' must be specified in request body as JSON, or 'reset' set to true",
            {
              hint: 'send one key share as "key"',
            },
          );
        } else {
          await core.seal.submitShare(key);
          if (!core.seal.isSealed) await hooks.unsealed();
        }
        return { bare: await status() };
      },
    }),
    route({
      id: 'sys.seal.update',
      verb: 'POST',
      path: 'seal',
      summary:
        'Takes the keys out of memory. The server answers nothing but its status until it is unsealed, with an HSM by a restart.',
      access: access.sudo,
      fields: {},
      // The closing audit record still needs the keys; whoever reads the answer finds the server sealed.
      handle: () => ({ status: 204, afterAudit: hooks.seal }),
    }),
    route({
      id: 'sys.leader.read',
      verb: 'GET',
      path: 'leader',
      summary: 'Says which node is active: always this one.',
      access: noToken,
      whileSealed: true,
      fields: {},
      handle: () => ({
        bare: {
          ha_enabled: false,
          is_self: false,
          active_time: '0001-01-01T00:00:00Z',
          leader_address: '',
          leader_cluster_address: '',
          performance_standby: false,
        },
      }),
    }),
    route({
      id: 'sys.key_status.read',
      verb: 'GET',
      path: 'key-status',
      summary: 'The generation of the sealing key and how much it has sealed.',
      access: access.capability,
      fields: {},
      handle: () => {
        const { sealer } = core.seal;
        const active = sealer.keyring.terms.at(-1);
        const data = {
          term: sealer.term,
          install_time: formatTime(active?.installedMillis ?? 0),
          encryptions: sealer.sealedCount,
        };
        return { data, topLevel: true };
      },
    }),
    ...['rotate', 'rotate/keyring'].map((path) =>
      route({
        id: path === 'rotate' ? 'sys.rotate.update' : 'sys.rotate_keyring.update',
        verb: 'POST',
        path,
        summary: 'Adds a sealing key for everything written from now on; what is there stays readable.',
        access: access.sudo,
        fields: {},
        handle: async () => void (await core.seal.rotate()),
      }),
    ),
  ];
}

const flag = field.boolean();

/** The members are matched whatever their case, as older clients write them. */
function readUnsealBody(body: Readonly<Record<string, unknown>>): { key: unknown; reset: boolean } {
  const lower = new Map(Object.entries(body).map(([name, value]) => [name.toLowerCase(), value]));
  return { key: lower.get('key'), reset: flag.safeParse(lower.get('reset')).data === true };
}
