import { type Answer, type AnyRoute, access, type Core, field, route } from '../../../core/index.ts';
import { type DigestName, digest } from '../../../crypto/index.ts';
import { StrongroomError } from '../../../lib/index.ts';

const maxRandomBytes = 131_072;

const digests: Readonly<Record<string, DigestName>> = {
  'sha2-224': 'sha224',
  'sha2-256': 'sha256',
  'sha2-384': 'sha384',
  'sha2-512': 'sha512',
  'sha3-224': 'sha3-224',
  'sha3-256': 'sha3-256',
  'sha3-384': 'sha3-384',
  'sha3-512': 'sha3-512',
};

export function toolRoutes(core: Core): AnyRoute[] {
  const random = {
    bytes: field.integer().optional(),
    urlbytes: field.integer().optional(),
    source: field.text().optional(),
    source_or_bytes: field.text().optional(),
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
      ['random/:source_or_bytes', 'sys.random.read_named'],
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
        handle: ({ fields }) => computeHash(fields),
      }),
    ),
  ];
}

interface RandomFields {
  readonly bytes?: number | undefined;
  readonly urlbytes?: number | undefined;
  readonly source?: string | undefined;
  /** One segment of the path: the name of a source, or a number of bytes. */
  readonly source_or_bytes?: string | undefined;
  readonly format?: 'base64' | 'hex' | undefined;
}

const sources: readonly string[] = ['platform', 'seal', 'all'];

function randomBytes(core: Core, fields: RandomFields): Answer {
  const named = fields.source_or_bytes;
  const isNumber = named !== undefined && /^\d{1,9}$/.test(named);
  const size = isNumber ? Number(named) : (fields.urlbytes ?? fields.bytes ?? 32);
  if (size < 1 || size > maxRandomBytes) {
    throw new StrongroomError('invalid_request', `"bytes" should be from 1 to ${maxRandomBytes}`, {
      hint: 'ask for fewer',
    });
  }
  const source = (isNumber ? undefined : named) ?? fields.source ?? 'platform';
  if (!sources.includes(source)) {
    throw new StrongroomError('invalid_request', `unsupported entropy source "${source.slice(0, 20)}"`, {
      hint: sources.join(', '),
    });
  }
  return { data: { random_bytes: core.random.bytes(size).toString(fields.format ?? 'base64') } };
}

interface HashFields {
  readonly input: string;
  readonly algorithm?: string | undefined;
  readonly urlalgorithm?: string | undefined;
  readonly format?: 'base64' | 'hex' | undefined;
}

function computeHash(fields: HashFields): Answer {
  const name = fields.urlalgorithm ?? fields.algorithm ?? 'sha2-256';
  const algorithm = Object.hasOwn(digests, name) ? digests[name] : undefined;
  if (!algorithm) {
    throw new StrongroomError('invalid_request', 'unsupported algorithm', {
      hint: `one of ${Object.keys(digests).join(', ')}`,
    });
  }
  const input = Buffer.from(fields.input, 'base64');
  // Node skips what is no base64: only what comes back the same was.
  if (input.toString('base64').replace(/=+$/, '') !== fields.input.replace(/=+$/, '')) {
    throw new StrongroomError('invalid_request', 'unable to decode input as base64', { hint: 'standard base64' });
  }
  return { data: { sum: digest(algorithm, input).toString(fields.format ?? 'hex') } };
}
