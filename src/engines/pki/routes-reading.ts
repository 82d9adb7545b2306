import { type AnyRoute, access, field, pageFields, route } from '../../core/index.ts';
import { encodePem } from '../../x509/index.ts';
import { readCertificate } from './authority.ts';
import { deleteIssuer, listIssuers, readIssuer, showIssuer, writeIssuer } from './operations/issuers.ts';
import {
  listCertificates,
  listRevoked,
  rawCertificate,
  rawList,
  readAuthority,
  readAuthorityChain,
  readDefaultList,
  readStored,
  readStoredRaw,
} from './operations/read-certificate.ts';
import { revokeIssuer } from './operations/revoke-issuer.ts';
import type { PkiParts } from './parts.ts';

const open = access.public('relying parties fetch certificates and revocation lists without a credential');
const serial = { serial: field.text() };
const issuerRef = { issuer_ref: field.text() };

export function readingRoutes(parts: PkiParts): AnyRoute[] {
  return [...defaultRoutes(parts), ...certificateRoutes(parts), ...issuerRoutes(parts), ...issuerDocumentRoutes(parts)];
}

/** What belongs to the default issuer. */
function defaultRoutes({ pki, lists }: PkiParts): AnyRoute[] {
  const raw = (id: string, path: string, summary: string, handle: Parameters<typeof route>[0]['handle']): AnyRoute =>
    route({ id, verb: 'GET', path, summary, access: open, fields: {}, handle });
  return [
    raw('pki.ca.read', 'ca', 'The certificate of the default issuer, DER.', ({ mount }) =>
      readAuthority(pki, mount, false),
    ),
    raw('pki.ca.read_pem', 'ca/pem', 'The certificate of the default issuer, PEM.', ({ mount }) =>
      readAuthority(pki, mount, true),
    ),
    raw('pki.ca_chain.read', 'ca_chain', 'The chain of the default issuer, PEM.', ({ mount }) =>
      readAuthorityChain(pki, mount),
    ),
    raw('pki.crl.read', 'crl', 'The revocation list of the default issuer, DER.', ({ mount }) =>
      readDefaultList(pki, lists, mount, false),
    ),
    raw('pki.crl.read_pem', 'crl/pem', 'The revocation list of the default issuer, PEM.', ({ mount }) =>
      readDefaultList(pki, lists, mount, true),
    ),
  ];
}

function certificateRoutes({ pki, lists }: PkiParts): AnyRoute[] {
  return [
    route({
      id: 'pki.certificate.read',
      verb: 'GET',
      path: 'cert/:serial',
      summary: 'A stored certificate, and whether it was revoked.',
      access: open,
      fields: serial,
      handle: (request) => readStored(pki, lists, request),
    }),
    ...[
      ['cert/:serial/raw', 'pki.certificate.read_der', false],
      ['cert/:serial/raw/pem', 'pki.certificate.read_pem', true],
    ].map(([path, id, pem]) =>
      route({
        id: id as string,
        verb: 'GET',
        path: path as string,
        summary: `A stored certificate, ${pem ? 'PEM' : 'DER'}.`,
        access: open,
        fields: serial,
        handle: (request) => readStoredRaw(pki, request, pem === true),
      }),
    ),
    route({
      id: 'pki.certificate.list',
      verb: 'LIST',
      path: 'certs',
      summary: 'Lists the serial numbers of stored certificates.',
      access: access.capability,
      fields: pageFields,
      handle: (request) => listCertificates(pki, request),
    }),
    route({
      id: 'pki.certificate.list_revoked',
      verb: 'LIST',
      path: 'certs/revoked',
      summary: 'Lists the serial numbers of revoked certificates.',
      access: access.capability,
      fields: pageFields,
      handle: (request) => listRevoked(pki, request),
    }),
  ];
}

function issuerRoutes({ pki, lists }: PkiParts): AnyRoute[] {
  const settings = {
    ...issuerRef,
    issuer_name: field.text().optional(),
    leaf_not_after_behavior: field.word(['err', 'truncate', 'permit']).optional(),
    manual_chain: field.list().optional(),
    usage: field.list().optional(),
    issuing_certificates: field.list().optional(),
    crl_distribution_points: field.list().optional(),
    ocsp_servers: field.list().optional(),
    revocation_signature_algorithm: field.text().optional(),
    delta_crl_distribution_points: field.list().optional(),
    enable_aia_url_templating: field.boolean().optional(),
  };
  return [
    route({
      id: 'pki.issuer.list',
      verb: 'LIST',
      path: 'issuers',
      summary: 'Lists the issuers.',
      access: open,
      fields: {},
      handle: ({ mount }) => listIssuers(pki, mount),
    }),
    route({
      id: 'pki.issuer.read',
      verb: 'GET',
      path: 'issuer/:issuer_ref',
      summary: 'Shows an issuer with its settings.',
      access: access.capability,
      fields: issuerRef,
      handle: async ({ mount, fields }) => ({
        data: await showIssuer(pki, mount, (await readIssuer(pki, mount, fields.issuer_ref)).body),
      }),
    }),
    ...(['POST', 'PATCH'] as const).map((verb) =>
      route({
        id: verb === 'POST' ? 'pki.issuer.write' : 'pki.issuer.patch',
        verb,
        path: 'issuer/:issuer_ref',
        summary:
          verb === 'POST'
            ? 'Replaces the settings of an issuer.'
            : 'Changes what was sent of the settings of an issuer.',
        access: access.capability,
        fields: settings,
        handle: (request) => writeIssuer(pki, request, verb === 'PATCH'),
      }),
    ),
    route({
      id: 'pki.issuer.revoke',
      verb: 'POST',
      path: 'issuer/:issuer_ref/revoke',
      summary:
        'Revokes an issuer: it issues nothing more, and issuers of this mount that signed it list its certificate.',
      access: access.capability,
      fields: issuerRef,
      handle: (request) => revokeIssuer({ pki, lists }, request),
    }),
    route({
      id: 'pki.issuer.delete',
      verb: 'DELETE',
      path: 'issuer/:issuer_ref',
      summary: 'Forgets an issuer. Its key stays, and what it issued stays valid.',
      access: access.capability,
      fields: issuerRef,
      handle: (request) => deleteIssuer(pki, request),
    }),
  ];
}

/** Documents of one issuer, for everybody. */
function issuerDocumentRoutes({ pki, lists }: PkiParts): AnyRoute[] {
  const read = (
    id: string,
    path: string,
    summary: string,
    handle: Parameters<typeof route<typeof issuerRef>>[0]['handle'],
  ): AnyRoute =>
    route({ id, verb: 'GET', path: `issuer/:issuer_ref/${path}`, summary, access: open, fields: issuerRef, handle });
  return [
    read('pki.issuer.read_json', 'json', 'The certificate and chain of an issuer.', async ({ mount, fields }) => {
      const { ca_chain, certificate, issuer_id, issuer_name } = await showIssuer(
        pki,
        mount,
        (await readIssuer(pki, mount, fields.issuer_ref)).body,
      );
      return {
        data: {
          ca_chain: ca_chain ?? null,
          certificate: certificate ?? '',
          issuer_id: issuer_id ?? '',
          issuer_name: issuer_name ?? '',
        },
      };
    }),
    ...[true, false].map((pem) =>
      read(
        pem ? 'pki.issuer.read_pem' : 'pki.issuer.read_der',
        pem ? 'pem' : 'der',
        `The certificate of an issuer, ${pem ? 'PEM' : 'DER'}.`,
        async ({ mount, fields }) =>
          rawCertificate(readCertificate((await readIssuer(pki, mount, fields.issuer_ref)).body).der, pem),
      ),
    ),
    read('pki.issuer.read_crl', 'crl', 'The revocation list of an issuer.', async ({ mount, fields }) => {
      const der = await lists.current(mount, await readIssuer(pki, mount, fields.issuer_ref));
      return { data: { crl: encodePem('X509 CRL', der) } };
    }),
    ...[true, false].map((pem) =>
      read(
        pem ? 'pki.issuer.read_crl_pem' : 'pki.issuer.read_crl_der',
        pem ? 'crl/pem' : 'crl/der',
        `The revocation list of an issuer, ${pem ? 'PEM' : 'DER'}.`,
        async ({ mount, fields }) =>
          rawList(await lists.current(mount, await readIssuer(pki, mount, fields.issuer_ref)), pem),
      ),
    ),
  ];
}
