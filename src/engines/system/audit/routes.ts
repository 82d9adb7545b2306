import { type AnyRoute, type AuditBroker, access, type Core, field, route } from '../../../core/index.ts';
import { errorCodes, StrongroomError } from '../../../lib/index.ts';
import { encodePem } from '../../../x509/index.ts';
import type { SystemHooks } from '../hooks.ts';
import { hashFor, listSinks, refuseChange } from './describe-sinks.ts';
import { queryEvents } from './query-events.ts';

const queryFields = {
  operation: field.text().optional(),
  entity_id: field.text().optional(),
  accessor: field.text().optional(),
  credential_id: field.text().optional(),
  path: field.text().optional(),
  address: field.text().optional(),
  since: field.timeMillis().optional(),
  until: field.timeMillis().optional(),
  outcome: field.word(['ok', ...errorCodes]).optional(),
  limit: field.integer().optional(),
  after: field.text().optional(),
};

/** The audit log: its devices, its key, and what is in it. */
export function auditRoutes(core: Core, hooks: SystemHooks): AnyRoute[] {
  const broker = (): AuditBroker => requireOpen(hooks.audit());
  return [
    route({
      id: 'sys.audit.list',
      verb: 'GET',
      path: 'audit',
      summary: 'Lists the audit devices.',
      access: access.sudo,
      fields: {},
      handle: () => listSinks(broker()),
    }),
    route({
      id: 'sys.audit.query',
      verb: 'GET',
      path: 'audit/query',
      summary: 'Finds events in the audit log, newest first: who made which token or key, when, from where.',
      access: access.sudo,
      fields: queryFields,
      handle: (request) => queryEvents(core, broker(), request.fields),
    }),
    route({
      id: 'sys.audit.key',
      verb: 'GET',
      path: 'audit/key',
      summary: 'The public key that verifies the signed checkpoints of the audit log.',
      access: access.capability,
      fields: {},
      handle: () => {
        const key = requireOpen(hooks.auditKeys());
        return { data: { key_id: key.keyId, public_key: encodePem('PUBLIC KEY', key.publicKeyDer) } };
      },
    }),
    route({
      id: 'sys.audit.enable',
      verb: 'POST',
      path: 'audit/:path*',
      summary: 'Refused: audit devices are set in the configuration file.',
      access: access.sudo,
      fields: {
        path: field.text(),
        type: field.text().optional(),
        description: field.text().optional(),
        options: field.keyValues().optional(),
        local: field.boolean().optional(),
      },
      handle: refuseChange,
    }),
    route({
      id: 'sys.audit.disable',
      verb: 'DELETE',
      path: 'audit/:path*',
      summary: 'Refused for a device that is there: audit devices are set in the configuration file.',
      access: access.sudo,
      fields: { path: field.text() },
      handle: ({ fields }) => {
        const path = `${fields.path.replace(/\/+$/, '')}/`;
        if (
          broker()
            .list()
            .some((sink) => sink.path === path)
        )
          refuseChange();
      },
    }),
    route({
      id: 'sys.audit.hash',
      verb: 'POST',
      path: 'audit-hash/:path*',
      summary: 'The keyed hash under which a value stands in the log of a device.',
      access: access.capability,
      fields: { path: field.text(), input: field.secretText() },
      handle: ({ fields }) => hashFor(broker(), fields),
    }),
  ];
}

/** The pipeline serves nothing without an open log; it may close while a request is under way. */
function requireOpen<T>(value: T | undefined): T {
  if (value !== undefined) return value;
  throw new StrongroomError('sealed', 'Strongroom is sealed', { hint: 'unseal it: strongroom operator unseal' });
}
