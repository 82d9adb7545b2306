import type { Answer, AuditBroker, ListedSink } from '../../../core/index.ts';
import { type JsonObject, StrongroomError } from '../../../lib/index.ts';

/** The audit devices by path, as Vault lists them. */
export function listSinks(broker: AuditBroker): Answer {
  return { data: Object.fromEntries(broker.list().map((sink) => [sink.path, describe(sink)])), topLevel: true };
}

function describe({ path, description, target, format }: ListedSink): JsonObject {
  return {
    type: target.kind === 'socket' ? 'socket' : 'file',
    description,
    path,
    local: false,
    options: {
      ...targetOptions(target),
      hmac_accessor: String(format.hmacAccessor),
      log_raw: String(format.logRaw),
      ...(format.prefix !== '' && { prefix: format.prefix }),
    },
  };
}

function targetOptions(target: ListedSink['target']): Record<string, string> {
  if (target.kind === 'file') return { file_path: target.filePath };
  if (target.kind !== 'socket') return { file_path: target.kind };
  if (target.network === 'unix') return { address: target.socketPath, socket_type: 'unix' };
  return { address: `${target.host}:${target.port}`, socket_type: 'tcp' };
}

/** The keyed hash under which a value stands in the log of one device. */
export function hashFor(broker: AuditBroker, fields: { readonly path: string; readonly input: string }): Answer {
  const path = `${fields.path.replace(/\/+$/, '')}/`;
  if (!broker.list().some((sink) => sink.path === path)) {
    throw new StrongroomError('invalid_request', `unknown audit backend: "${path.slice(0, 128)}"`, {
      hint: 'list them: strongroom audit list',
    });
  }
  return { data: { hash: broker.hash(fields.input) }, topLevel: true };
}

/**
 * The configuration file alone says where the log goes: whoever took over an administrator's token could else write
 * files with the server's rights, or end the log that would show it. OpenBao refuses this for the same reason.
 */
export function refuseChange(): never {
  throw new StrongroomError('invalid_request', 'audit devices are set in the configuration file, not by the API', {
    hint: 'change the "audit" stanza of the configuration and start the server again',
  });
}
