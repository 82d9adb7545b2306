import { type Answer, type AnyRoute, access, type EngineRequest, field, route } from '../../core/index.ts';
import { StrongroomError } from '../../lib/index.ts';
import type { PkiParts } from './parts.ts';
import type { Tidies, TidyWish } from './tidies.ts';

const flags = [
  'tidy_cert_store',
  'tidy_revoked_certs',
  'tidy_revoked_cert_issuer_associations',
  'tidy_expired_issuers',
];
/** What there is nothing of here. */
const foreign = ['tidy_acme', 'tidy_move_legacy_ca_bundle', 'tidy_invalid_certs'];

const fields = {
  tidy_cert_store: field.boolean().optional(),
  tidy_revoked_certs: field.boolean().optional(),
  tidy_revoked_cert_issuer_associations: field.boolean().optional(),
  tidy_expired_issuers: field.boolean().optional(),
  tidy_acme: field.boolean().optional(),
  tidy_move_legacy_ca_bundle: field.boolean().optional(),
  tidy_invalid_certs: field.boolean().optional(),
  safety_buffer: field.seconds().optional(),
  issuer_safety_buffer: field.seconds().optional(),
  acme_account_safety_buffer: field.seconds().optional(),
  pause_duration: field.seconds().optional(),
};
type Sent = { readonly [Name in keyof typeof fields]?: boolean | number | undefined };

export function tidyRoutes({ tidies }: PkiParts): AnyRoute[] {
  return [
    route({
      id: 'pki.certificate.tidy',
      verb: 'POST',
      path: 'tidy',
      summary: 'Forgets, in the background, what expired. Certificates go three days after their end by themselves.',
      access: access.capability,
      fields,
      handle: async (request) => start(tidies, request),
    }),
    route({
      id: 'pki.tidy.read',
      verb: 'GET',
      path: 'tidy-status',
      summary: 'How far tidying is, or how it ended.',
      access: access.capability,
      fields: {},
      handle: async ({ mount }) => ({ data: await tidies.status(mount) }),
    }),
    route({
      id: 'pki.tidy.cancel',
      verb: 'POST',
      path: 'tidy-cancel',
      summary: 'Ends tidying that is under way.',
      access: access.capability,
      fields: {},
      handle: async (request) => {
        if (!tidies.cancel(request.mount))
          request.warn('Tidy operation cannot be cancelled as none is currently running.');
        return { data: await tidies.status(request.mount) };
      },
    }),
  ];
}

function refuse(message: string, hint: string): never {
  throw new StrongroomError('invalid_field', message, { hint });
}

const longestPauseSeconds = 3_600;

function start(tidies: Tidies, request: EngineRequest<Sent>): Answer {
  const wish = readWish(request.fields);
  if (!flags.some((name) => request.fields[name as keyof Sent] === true)) {
    request.warn(`No targets to tidy; specify one of: ${flags.map((name) => `${name}=true`).join(', ')}`);
  } else if (tidies.start(request.mount, wish)) {
    request.warn('Tidy operation successfully started. How it goes is told by tidy-status.');
  } else request.warn('Tidy operation already in progress.');
  return { status: 202, data: null };
}

function readWish(sent: Sent): TidyWish {
  const asked = foreign.find((name) => sent[name as keyof Sent] === true);
  if (asked !== undefined) refuse(`${asked} is not supported`, 'this release has nothing of that kind: leave it out');
  const seconds = (name: keyof Sent, usual: number): number => (sent[name] as number | undefined) ?? usual;
  const wish = {
    certificates: sent.tidy_cert_store === true,
    revokedCertificates: sent.tidy_revoked_certs === true,
    issuerAssociations: sent.tidy_revoked_cert_issuer_associations === true,
    expiredIssuers: sent.tidy_expired_issuers === true,
    safetyBufferSeconds: seconds('safety_buffer', 259_200),
    issuerSafetyBufferSeconds: seconds('issuer_safety_buffer', 31_536_000),
    pauseSeconds: seconds('pause_duration', 0),
  };
  if (wish.safetyBufferSeconds < 1) refuse('safety_buffer must be greater than zero', 'write 72h');
  if (wish.issuerSafetyBufferSeconds < 1) refuse('issuer_safety_buffer must be greater than zero', 'write 8760h');
  if (wish.pauseSeconds > longestPauseSeconds) refuse('pause_duration is out of range', 'an hour at most');
  return wish;
}
