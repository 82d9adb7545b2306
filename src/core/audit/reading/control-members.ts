import { isJsonObject, parseJson } from '../../../lib/index.ts';
import type { ChainPosition } from '../lines/chain.ts';

export interface Checkpoint {
  readonly covers: ChainPosition;
  readonly keyId: string;
  /** Base64. */
  readonly signature: string;
  readonly reason: string;
}

/** What a line about the log itself says, as far as a reader needs it. */
export interface Control {
  readonly type: 'begin' | 'resumed' | 'recovered' | 'checkpoint';
  readonly missingLines: number;
  readonly endProven: boolean | undefined;
  readonly checkpoint: Checkpoint | undefined;
}

const linePattern = /^\{"time":"[^"]{24}","type":"(request|response|begin|resumed|recovered|checkpoint)"/;
const controlLimits = { maxDepth: 4, maxSeparators: 100 };
const longestControl = 65_536;

/** Undefined for the line of a request; `malformed` for a line the server does not write. */
export function parseControl(line: Buffer, prefix: string): Control | undefined | 'malformed' {
  if (prefix !== '' && line.toString('latin1', 0, prefix.length) !== prefix) return 'malformed';
  const match = linePattern.exec(line.toString('latin1', prefix.length, prefix.length + 64));
  if (match === null) return 'malformed';
  if (match[1] === 'request' || match[1] === 'response') return undefined;
  if (line.length > longestControl) return 'malformed';
  try {
    return readControl(parseJson(line.toString('utf8', prefix.length), controlLimits));
  } catch {
    return 'malformed';
  }
}

function readControl(members: unknown): Control | 'malformed' {
  if (!isJsonObject(members)) return 'malformed';
  const type = members['type'];
  if (type !== 'begin' && type !== 'resumed' && type !== 'recovered' && type !== 'checkpoint') return 'malformed';
  const missing = members['missing_lines'];
  const checkpoint = type === 'checkpoint' ? readCheckpoint(members) : undefined;
  if (checkpoint === 'malformed') return 'malformed';
  return {
    type,
    missingLines: typeof missing === 'number' ? missing : 0,
    endProven: members['end_proven'] === false ? false : undefined,
    checkpoint,
  };
}

function readCheckpoint(members: { readonly [name: string]: unknown }): Checkpoint | 'malformed' {
  const { covers, key_id: keyId, signature, reason } = members;
  if (!isJsonObject(covers)) return 'malformed';
  const { seq, chain } = covers;
  if (typeof seq !== 'number' || typeof chain !== 'string') return 'malformed';
  if (typeof keyId !== 'string' || typeof signature !== 'string' || typeof reason !== 'string') return 'malformed';
  return { covers: { seq, chain }, keyId, signature, reason };
}
