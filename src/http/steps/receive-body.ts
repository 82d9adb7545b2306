import type { IncomingMessage } from 'node:http';
import { isJsonObject, type JsonObject, parseDurationSeconds, parseJson, StrongroomError } from '../../lib/index.ts';
import type { Exchange } from '../exchange.ts';
import { presentedCredential } from '../presented-credential.ts';

const empty: JsonObject = {};

/**
 * Reads what was sent, within the limit. Bytes that cannot be read as what they claim to be are remembered as an error
 * and refused after authorisation: somebody without rights learns nothing from sending rubbish.
 */
export function receiveBody(maxBodyBytes: number): (exchange: Exchange) => Promise<void> | void {
  return (exchange) => {
    exchange.credential = presentedCredential(exchange.incoming.headers);
    readWrapTtl(exchange);
    const { method } = exchange.incoming;
    if (method !== 'POST' && method !== 'PUT' && method !== 'PATCH') {
      exchange.body = exchange.query;
      refuseDeclaredBody(exchange, maxBodyBytes);
      return;
    }
    return readBody(exchange, maxBodyBytes);
  };
}

function readWrapTtl(exchange: Exchange): void {
  const text = exchange.incoming.headers['x-vault-wrap-ttl'];
  if (typeof text !== 'string' || text === '') return;
  const seconds = parseDurationSeconds(text);
  if (seconds === 0) return;
  exchange.wrapTtlSeconds = seconds;
}

function refuseDeclaredBody(exchange: Exchange, maxBodyBytes: number): void {
  const length = Number(exchange.incoming.headers['content-length'] ?? 0);
  if (length > maxBodyBytes) throw tooLarge();
}

const tooLarge = (): StrongroomError =>
  new StrongroomError('body_too_large', 'request body too large', { hint: 'send less, or raise max_request_size' });

async function readBody(exchange: Exchange, maxBodyBytes: number): Promise<void> {
  const { incoming } = exchange;
  refuseDeclaredBody(exchange, maxBodyBytes);
  const encoding = incoming.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw new StrongroomError('unsupported_media_type', 'compressed bodies are not supported', {
      hint: 'send the body without Content-Encoding',
    });
  }
  const bytes = await readBytes(incoming, maxBodyBytes);
  const { route } = exchange;
  if (route?.rawBody) {
    exchange.bytes = bytes;
    requireMediaType(exchange, route.rawBody);
    return;
  }
  try {
    exchange.body = parseBody(bytes, incoming.headers['content-type'], incoming.method === 'PATCH');
  } catch (error) {
    if (!(error instanceof StrongroomError)) throw error;
    exchange.bodyError = error;
  }
}

function requireMediaType(exchange: Exchange, accepted: readonly string[]): void {
  const type = mediaType(exchange.incoming.headers['content-type']);
  if (accepted.includes(type)) return;
  exchange.bodyError = new StrongroomError('unsupported_media_type', 'unsupported media type', {
    hint: `send ${accepted.join(' or ')}`,
  });
}

const mediaType = (header: string | undefined): string => (header ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';

function parseBody(bytes: Buffer, contentType: string | undefined, patch: boolean): JsonObject {
  const type = mediaType(contentType);
  if (patch && type !== 'application/merge-patch+json') {
    throw new StrongroomError('unsupported_media_type', 'PATCH requires Content-Type of application/merge-patch+json', {
      hint: 'send the header Content-Type: application/merge-patch+json (RFC 7396)',
    });
  }
  if (bytes.length === 0) return empty;
  const text = decodeUtf8(bytes);
  const first = text.trimStart()[0];
  if (type === 'application/x-www-form-urlencoded' && first !== '{' && first !== '[') return parseForm(text);
  if (type.startsWith('multipart/') || type === 'application/xml' || type === 'text/xml') {
    throw new StrongroomError('unsupported_media_type', 'unsupported media type', { hint: 'send a JSON object' });
  }
  const value = parseJson(text);
  if (value === null) return empty;
  if (!isJsonObject(value)) {
    throw new StrongroomError('invalid_json', 'failed to parse JSON input', { hint: 'the body must be a JSON object' });
  }
  return value;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeUtf8(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new StrongroomError('invalid_json', 'failed to parse JSON input', { hint: 'the body is not UTF-8' });
  }
}

const maxFormFields = 1_000;

function parseForm(text: string): JsonObject {
  // Counted first: URLSearchParams takes time with the square of their number, a minute for a few megabytes.
  let count = 1;
  for (let at = text.indexOf('&'); at !== -1; at = text.indexOf('&', at + 1)) {
    count += 1;
    if (count > maxFormFields)
      throw new StrongroomError('invalid_request', 'too many form fields', { hint: 'send JSON' });
  }
  const fields = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(text)) {
    fields.set(name, [...(fields.get(name) ?? []), value]);
  }
  return Object.fromEntries([...fields].map(([name, all]) => [name, all.length === 1 ? (all[0] as string) : all]));
}

/** The body's bytes; refuses as soon as there are more than allowed. */
function readBytes(incoming: IncomingMessage, maxBodyBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    incoming.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBodyBytes) {
        incoming.pause();
        reject(tooLarge());
      } else {
        chunks.push(chunk);
      }
    });
    incoming.on('end', () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size)));
    incoming.on('aborted', () => reject(cutOff()));
    incoming.on('error', () => reject(cutOff()));
  });
}

const cutOff = (): StrongroomError =>
  new StrongroomError('invalid_request', 'the request was cut off', {
    hint: 'send as many bytes as Content-Length says',
  });
