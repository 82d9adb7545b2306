import { type AnyRoute, access, type Core, field, route } from '../../../core/index.ts';
import { type DigestName, digest } from '../../../crypto/index.ts';
import { StrongroomError } from '../../../lib/index.ts';

const maxRandomBytes = 131_072;

const digests: Readonly<Record<string, DigestName>> = {
  'sha2-256': 'sha256',
  'sha2-384': 'sha384',
  'sha2-512': 'sha512',
};

export function toolRoutes(core: Core): AnyRoute[] {
  const random = {
    bytes: field.integer().optional(),
    urlbytes: field.integer().optional(),
    source: field.text().optional(),
    format: field.word(['base64', 'hex']).optional(),
  };
  const hash = {
    input: field.text(),
    algorithm: field.text().optional(),
    urlalgorithm: field.text().optional(),
    format: field.word(['hex', 'base64']).optional(),
  };
  return [
    ...[
      ['random', 'sys.random.read'],
      ['random/:source/:urlbytes', 'sys.random.read_source'],
      ['random/:urlbytes', 'sys.random.read_bytes'],
    ].map(([path, id]) =>
      route({
        id: id as string,
        verb: 'POST',
        path: `tools/${path}`,
        summary: 'Random bytes.',
        access: access.capability,
        fields: random,
        handle: (request) => randomBytes(core, request.fields),
      }),
    ),
    ...[
      ['hash', 'sys.hash.compute'],
      ['hash/:urlalgorithm', 'sys.hash.compute_named'],
    ].map(([path, id]) =>
      route({
        id: id as string,
        verb: 'POST',
        path: `tools/${path}`,
        summary: 'The digest of base64 input.',
        access: access.capability,
        fields: hash,
        handle: ({ fields }) => {
          const name = fields.urlalgorithm ?? fields.algorithm ?? 'sha2-256';
          const algorithm = Object.hasOwn(digests, name) ? digests[name] : undefined;
          if (!algorithm) {
            throw new StrongroomError('invalid_request', 'unsupported algorithm', {
              hint: `one of ${Object.keys(digests).join(', ')}`,
            });
          }
          const input = Buffer.from(fields.input, 'base64');
          if (input.toString('base64').replace(/=+$/, '') !== fields.input.replace(/=+$/, '')) {
            throw new StrongroomError('invalid_request', 'unable to decode input as base64', {
              hint: 'standard base64',
            });
          }
          return { data: { sum: digest(algorithm, input).toString(fields.format ?? 'hex') } };
        },
      }),
    ),
  ];
}

interface RandomFields {
  readonly bytes?: number | undefined;
  readonly urlbytes?: number | undefined;
  readonly source?: string | undefined;
  readonly format?: 'base64' | 'hex' | undefined;
}

async function randomBytes(core: Core, fields: RandomFields) {
  const size = fields.urlbytes ?? fields.bytes ?? 32;
  if (size < 1 || size > maxRandomBytes) {
    throw new StrongroomError('invalid_request', `"bytes" should be from 1 to ${maxRandomBytes}`, {
      hint: 'ask for fewer',
    });
  }
  const source = fields.source ?? 'platform';
  if (!['platform', 'seal', 'all'].includes(source)) {
    throw new StrongroomError('invalid_request', `unsupported entropy source "${source.slice(0, 20)}"`, {
      hint: 'platform, seal or all',
    });
  }
  return { data: { random_bytes: core.random.bytes(size).toString(fields.format ?? 'base64') } };
}
