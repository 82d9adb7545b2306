import { type AnyRoute, access, field, pageFields, pageLength, route, tokenParameterFields } from '../../core/index.ts';
import { StrongroomError } from '../../lib/index.ts';
import { parseCrl } from '../../x509/index.ts';
import type { CertStore } from './cert-store.ts';
import { logIn } from './operations/log-in.ts';
import { writeCrl } from './operations/write-crl.ts';
import { writeRole } from './operations/write-role.ts';
import { defaultCertConfig, showCertRole } from './records.ts';

const name = { name: field.lowerText() };

/** A path under the one spelling of its name: a rule about a name holds for each of its spellings. */
const canonicalIn =
  (folder: string) =>
  (captures: Readonly<Record<string, string>>): string =>
    `${folder}/${captures['name']?.trim().toLowerCase()}`;
const roleFields = {
  ...tokenParameterFields,
  ...name,
  certificate: field.text().optional(),
  display_name: field.text().optional(),
  allowed_names: field.list().optional(),
  allowed_common_names: field.list().optional(),
  allowed_dns_sans: field.list().optional(),
  allowed_email_sans: field.list().optional(),
  allowed_uri_sans: field.list().optional(),
  allowed_organizational_units: field.list().optional(),
  required_extensions: field.list().optional(),
  allowed_metadata_extensions: field.list().optional(),
  ocsp_enabled: field.boolean().optional(),
  ocsp_ca_certificates: field.text().optional(),
  ocsp_servers_override: field.list().optional(),
  ocsp_fail_open: field.boolean().optional(),
  ocsp_query_all_servers: field.boolean().optional(),
};

const missing = (): StrongroomError => new StrongroomError('not_found', '', { hint: 'there is nothing of this name' });

export function certRoutes(store: CertStore): AnyRoute[] {
  return [
    route({
      id: 'cert.login.create',
      verb: 'POST',
      path: 'login',
      summary: 'Logs in with the client certificate of the TLS connection.',
      access: access.login,
      fields: { name: field.text().optional() },
      handle: (request) => logIn(store, request),
    }),
    ...roleRoutes(store),
    ...configRoutes(store),
    ...crlRoutes(store),
  ];
}

function roleRoutes(store: CertStore): AnyRoute[] {
  return [
    route({
      id: 'cert.role.list',
      verb: 'LIST',
      path: 'certs',
      summary: 'Lists the roles.',
      access: access.capability,
      fields: pageFields,
      handle: async ({ mount, fields }) => {
        const keys = await store.roles.names(mount, '', fields.after ?? '', pageLength(fields));
        if (keys.length === 0) throw missing();
        return { data: { keys } };
      },
    }),
    route({
      id: 'cert.role.read',
      verb: 'GET',
      path: 'certs/:name',
      canonicalPath: canonicalIn('certs'),
      summary: 'Shows a role.',
      access: access.capability,
      fields: name,
      handle: async ({ mount, fields }) => {
        const role = await store.roles.read(mount, fields.name);
        if (!role) throw missing();
        return { data: showCertRole(role.body) };
      },
    }),
    route({
      id: 'cert.role.write',
      verb: 'POST',
      path: 'certs/:name',
      canonicalPath: canonicalIn('certs'),
      summary: 'Stores a role: which certificates log in, and what their tokens are like.',
      access: access.capability,
      fields: roleFields,
      handle: (request) => writeRole(store, request),
    }),
    route({
      id: 'cert.role.delete',
      verb: 'DELETE',
      path: 'certs/:name',
      canonicalPath: canonicalIn('certs'),
      summary: 'Deletes a role. Its tokens live on, but are not renewed.',
      access: access.capability,
      fields: name,
      handle: async ({ mount, fields }) => {
        await store.core.store.commit([store.roles.remove(mount, fields.name)]);
      },
    }),
  ];
}

function configRoutes(store: CertStore): AnyRoute[] {
  return [
    route({
      id: 'cert.config.read',
      verb: 'GET',
      path: 'config',
      summary: 'Shows the settings of the method.',
      access: access.capability,
      fields: {},
      handle: async ({ mount }) => {
        const config = (await store.configs.read(mount, 'config'))?.body ?? defaultCertConfig;
        return {
          data: { disable_binding: config.disableBinding, enable_identity_alias_metadata: false, ocsp_cache_size: 100 },
        };
      },
    }),
    route({
      id: 'cert.config.write',
      verb: 'POST',
      path: 'config',
      summary: 'Changes the settings of the method.',
      access: access.capability,
      fields: {
        disable_binding: field.boolean().optional(),
        enable_identity_alias_metadata: field.boolean().optional(),
        ocsp_cache_size: field.integer().optional(),
      },
      handle: ({ mount, fields }) =>
        store.configs.modify(mount, 'config', (before = defaultCertConfig) => ({
          disableBinding: fields.disable_binding ?? before.disableBinding,
        })),
    }),
  ];
}

function crlRoutes(store: CertStore): AnyRoute[] {
  return [
    route({
      id: 'cert.crl.list',
      verb: 'LIST',
      path: 'crls',
      summary: 'Lists the uploaded revocation lists.',
      access: access.capability,
      fields: pageFields,
      handle: async ({ mount, fields }) => {
        const keys = await store.crls.names(mount, '', fields.after ?? '', pageLength(fields));
        if (keys.length === 0) throw missing();
        return { data: { keys } };
      },
    }),
    route({
      id: 'cert.crl.read',
      verb: 'GET',
      path: 'crls/:name',
      canonicalPath: canonicalIn('crls'),
      summary: 'Shows the serial numbers of an uploaded revocation list.',
      access: access.capability,
      fields: name,
      handle: async ({ mount, fields }) => {
        const record = await store.crls.read(mount, fields.name);
        if (!record) throw missing();
        const serials = [...parseCrl(record.body.pem).revoked.keys()].map((serial) => [
          BigInt(`0x${serial}`).toString(),
          {},
        ]);
        return { data: { serials: Object.fromEntries(serials) } };
      },
    }),
    route({
      id: 'cert.crl.write',
      verb: 'POST',
      path: 'crls/:name',
      canonicalPath: canonicalIn('crls'),
      summary: 'Uploads a revocation list (PEM). One that is out of date refuses every log-in of its issuer.',
      access: access.capability,
      fields: { ...name, crl: field.text().optional(), url: field.text().optional() },
      handle: (request) => writeCrl(store, request),
    }),
    route({
      id: 'cert.crl.delete',
      verb: 'DELETE',
      path: 'crls/:name',
      canonicalPath: canonicalIn('crls'),
      summary: 'Forgets an uploaded revocation list.',
      access: access.capability,
      fields: name,
      handle: async ({ mount, fields }) => {
        await store.core.store.commit([store.crls.remove(mount, fields.name)]);
      },
    }),
  ];
}
