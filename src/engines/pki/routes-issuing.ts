import { type AnyRoute, access, field, pageFields, pageLength, route } from '../../core/index.ts';
import { StrongroomError } from '../../lib/index.ts';
import { authorityFields, keyFields } from './operations/authority-fields.ts';
import { generateRoot, rotateRoot } from './operations/generate-root.ts';
import { importBundle } from './operations/import-bundle.ts';
import { generateIntermediate } from './operations/intermediate.ts';
import { issueLeaf, signLeaf } from './operations/issue-leaf.ts';
import { revokeCertificate } from './operations/revoke.ts';
import { signIntermediate } from './operations/sign-intermediate.ts';
import { signVerbatim } from './operations/sign-verbatim.ts';
import { roleFields, writeRole } from './operations/write-role.ts';
import type { PkiParts } from './parts.ts';
import { showRole } from './role.ts';

const leafFields = {
  common_name: field.text().optional(),
  alt_names: field.list().optional(),
  ip_sans: field.list().optional(),
  uri_sans: field.list().optional(),
  other_sans: field.list().optional(),
  serial_number: field.text().optional(),
  ttl: field.seconds().optional(),
  not_before: field.text().optional(),
  not_after: field.text().optional(),
  format: field.text().optional(),
  private_key_format: field.text().optional(),
  exclude_cn_from_sans: field.boolean().optional(),
  remove_roots_from_chain: field.boolean().optional(),
  user_ids: field.list().optional(),
};
const issueFields = { ...leafFields, key_type: field.text().optional(), key_bits: field.integer().optional() };
const signFields = { ...leafFields, csr: field.text() };
const verbatimFields = {
  csr: field.text(),
  key_usage: field.list().optional(),
  ext_key_usage: field.list().optional(),
  ext_key_usage_oids: field.list().optional(),
  ttl: field.seconds().optional(),
  not_before: field.text().optional(),
  not_after: field.text().optional(),
  format: field.text().optional(),
  remove_roots_from_chain: field.boolean().optional(),
  signature_bits: field.integer().optional(),
  use_pss: field.boolean().optional(),
  basic_constraints_valid_for_non_ca: field.boolean().optional(),
  user_ids: field.list().optional(),
};
const role = { role: field.text() };
const issuerRef = { issuer_ref: field.text() };

/** A route of the default issuer and its twin that names one. */
const both = (
  path: string,
  noun: string,
): readonly (readonly [string, string, Readonly<Record<string, ReturnType<typeof field.text>>>])[] => [
  [path, noun, {}],
  [`issuer/:issuer_ref/${path}`, `issuer_${noun}`, issuerRef],
];

export function issuingRoutes(parts: PkiParts): AnyRoute[] {
  return [...authorityRoutes(parts), ...leafRoutes(parts), ...roleRoutes(parts)];
}

function authorityRoutes(parts: PkiParts): AnyRoute[] {
  const { pki } = parts;
  const generate = { ...authorityFields, ...keyFields, type: field.text() };
  return [
    ...[
      ['root/generate/:type', 'pki.root.generate'],
      ['issuers/generate/root/:type', 'pki.issuer.generate_root'],
    ].map(([path, id]) =>
      route({
        id: id as string,
        verb: 'POST',
        path: path as string,
        summary: 'Makes a root CA: a key, and a certificate that it signs itself.',
        access: access.capability,
        fields: { ...generate, issuer_name: field.text().optional() },
        handle: (request) => generateRoot(pki, request),
      }),
    ),
    route({
      id: 'pki.root.rotate',
      verb: 'POST',
      path: 'root/rotate/:type',
      summary: 'Makes a root CA that is to come after the one in use, named "next" where no name is given.',
      access: access.capability,
      fields: { ...generate, issuer_name: field.text().optional() },
      handle: (request) => rotateRoot(pki, request),
    }),
    ...[
      ['intermediate/generate/:type', 'pki.intermediate.generate'],
      ['issuers/generate/intermediate/:type', 'pki.issuer.generate_intermediate'],
    ].map(([path, id]) =>
      route({
        id: id as string,
        verb: 'POST',
        path: path as string,
        summary: 'Makes a key for an intermediate CA, and the request that another CA signs.',
        access: access.capability,
        fields: { ...generate, add_basic_constraints: field.boolean().optional() },
        handle: (request) => generateIntermediate(pki, request),
      }),
    ),
    route({
      id: 'pki.intermediate.set_signed',
      verb: 'POST',
      path: 'intermediate/set-signed',
      summary: 'Takes in the certificate of an intermediate CA whose key is here.',
      access: access.capability,
      fields: { certificate: field.text() },
      handle: (request) => importBundle(pki, request, request.fields.certificate, { keys: false }),
    }),
    ...[
      ['issuers/import/cert', 'pki.issuer.import_cert', false],
      ['issuers/import/bundle', 'pki.issuer.import_bundle', true],
      ['config/ca', 'pki.config_ca.write', true],
    ].map(([path, id, keys]) =>
      route({
        id: id as string,
        verb: 'POST',
        path: path as string,
        summary: `Takes in CA certificates${keys ? ' and their keys' : ''}, as PEM.`,
        access: access.capability,
        fields: { pem_bundle: keys ? field.secretText() : field.text() },
        handle: (request) => importBundle(pki, request, request.fields.pem_bundle, { keys: keys === true }),
      }),
    ),
    ...[
      ['root/sign-intermediate', 'pki.root.sign_intermediate', {}],
      ['issuer/:issuer_ref/sign-intermediate', 'pki.issuer.sign_intermediate', issuerRef],
    ].map(([path, id, extra]) =>
      route({
        id: id as string,
        verb: 'POST',
        path: path as string,
        summary: 'Signs the request of a CA below this one.',
        access: access.capability,
        fields: {
          ...authorityFields,
          csr: field.text(),
          use_csr_values: field.boolean().optional(),
          ...(extra as object),
        },
        handle: (request) => signIntermediate(parts, request),
      }),
    ),
  ];
}

function leafRoutes(parts: PkiParts): AnyRoute[] {
  return [
    ...both('issue/:role', 'leaf').map(([path, noun, extra]) =>
      route({
        id: `pki.${noun}.issue`,
        verb: 'POST',
        path,
        summary: 'Issues a certificate with a new key, within a role. The key is in this answer only.',
        access: access.capability,
        fields: { ...issueFields, ...role, ...extra },
        handle: (request) => issueLeaf(parts, request),
      }),
    ),
    ...both('sign/:role', 'leaf').map(([path, noun, extra]) =>
      route({
        id: `pki.${noun}.sign`,
        verb: 'POST',
        path,
        summary: 'Signs a certificate request, within a role.',
        access: access.capability,
        fields: { ...signFields, ...role, ...extra },
        handle: (request) => signLeaf(parts, request),
      }),
    ),
    ...both('sign-verbatim', 'verbatim').map(([path, noun, extra]) =>
      route({
        id: `pki.${noun}.sign`,
        verb: 'POST',
        path,
        summary: 'Signs what a certificate request says, unchecked by a role. For operators.',
        access: access.capability,
        fields: { ...verbatimFields, ...extra },
        handle: (request) => signVerbatim(parts, request),
      }),
    ),
    ...both('sign-verbatim/:role', 'verbatim').map(([path, noun, extra]) =>
      route({
        id: `pki.${noun}.sign_by_role`,
        verb: 'POST',
        path,
        summary:
          'The same with the issuer, lifetimes, usual key usages, lease and storing of a role. Its names do not matter.',
        access: access.capability,
        fields: { ...verbatimFields, ...role, ...extra },
        handle: (request) => signVerbatim(parts, request),
      }),
    ),
    route({
      id: 'pki.certificate.revoke',
      verb: 'POST',
      path: 'revoke',
      summary: 'Revokes a certificate of this mount, and brings the revocation list up to date.',
      access: access.capability,
      fields: { serial_number: field.text().optional(), certificate: field.text().optional() },
      handle: (request) => revokeCertificate(parts, request),
    }),
  ];
}

function roleRoutes({ pki }: PkiParts): AnyRoute[] {
  const name = { name: field.text() };
  const missing = (): StrongroomError => new StrongroomError('not_found', '', { hint: 'there is no such role' });
  return [
    route({
      id: 'pki.role.list',
      verb: 'LIST',
      path: 'roles',
      summary: 'Lists the roles.',
      access: access.capability,
      fields: pageFields,
      handle: async ({ mount, fields }) => {
        const keys = await pki.roles.names(mount, '', fields.after ?? '', pageLength(fields));
        if (keys.length === 0) throw missing();
        return { data: { keys } };
      },
    }),
    route({
      id: 'pki.role.read',
      verb: 'GET',
      path: 'roles/:name',
      summary: 'Shows a role.',
      access: access.capability,
      fields: name,
      handle: async ({ mount, fields }) => {
        const record = await pki.roles.read(mount, fields.name);
        if (!record) throw missing();
        return { data: showRole(record.body) };
      },
    }),
    ...(['POST', 'PATCH'] as const).map((verb) =>
      route({
        id: verb === 'POST' ? 'pki.role.write' : 'pki.role.patch',
        verb,
        path: 'roles/:name',
        summary:
          verb === 'POST' ? 'Stores a role: which certificates may be issued.' : 'Changes what was sent of a role.',
        access: access.capability,
        fields: { ...roleFields, ...name },
        handle: (request) => writeRole(pki, request, verb === 'PATCH'),
      }),
    ),
    route({
      id: 'pki.role.delete',
      verb: 'DELETE',
      path: 'roles/:name',
      summary: 'Deletes a role.',
      access: access.capability,
      fields: name,
      handle: async ({ mount, fields }) => {
        await pki.core.store.commit([pki.roles.remove(mount, fields.name)]);
      },
    }),
  ];
}
