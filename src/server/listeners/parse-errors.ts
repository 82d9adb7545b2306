import type { Connection } from './connection.ts';
import type { ParseError } from './node-parser.ts';
import type { Refusal } from './refusal.ts';

export const malformed: Refusal = {
  status: 400,
  code: 'invalid_request',
  message: 'the request is not valid HTTP/1.1',
  hint: 'RFC 9112 has its syntax; is TLS spoken to a plain port?',
};

const unknownVerb: Refusal = {
  status: 501,
  code: 'method_not_implemented',
  message: 'unsupported HTTP verb',
  hint: 'use GET, HEAD, POST, PUT, PATCH, DELETE, LIST, SCAN or OPTIONS',
};

export const tooLongTarget: Refusal = {
  status: 414,
  code: 'uri_too_long',
  message: 'the request URL is too long',
  hint: 'shorten the path, or send values in the body',
};

export const tooManyFields: Refusal = {
  status: 431,
  code: 'headers_too_large',
  message: 'the request header fields are too large or too many',
  hint: 'send fewer and shorter ones',
};

const tooSlow: Refusal = {
  status: 408,
  code: 'invalid_request',
  message: 'the request did not arrive in time',
  hint: 'send it faster',
};

const extensionsTooLarge: Refusal = {
  status: 413,
  code: 'body_too_large',
  message: 'the request body carries too many chunk extensions',
  hint: 'send chunks without extensions',
};

const http2: Refusal = {
  status: 505,
  code: 'invalid_request',
  message: 'only HTTP/1.1 is spoken here',
  hint: 'send HTTP/1.1',
};

/** The answer to bytes that Node's parser refused, or undefined when the connection failed and there is nobody to answer. */
export function refusalFor(connection: Connection, error: ParseError): Refusal | undefined {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return requestLineOpen(connection, error) ? tooLongTarget : tooManyFields;
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return extensionsTooLarge;
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return tooSlow;
    case 'HPE_PAUSED_H2_UPGRADE':
      return http2;
    case 'HPE_INVALID_METHOD':
      return looksLikeVerb(connection, error) ? unknownVerb : malformed;
    default:
      return error.code?.startsWith('HPE_') === true ? malformed : undefined;
  }
}

/** True when the limit was met before the first line of the packet ended: then it is the URL that is too long. */
function requestLineOpen(connection: Connection, error: ParseError): boolean {
  if (connection.tail.length > 0 && connection.lineEnded) return false;
  const lineEnd = error.rawPacket?.indexOf(0x0a) ?? 0;
  return lineEnd === -1 || lineEnd >= (error.bytesParsed ?? 0);
}

/** A token and a space where the parser stopped (RFC 9110 9.1: an unrecognised method is 501), or else no HTTP at all. */
function looksLikeVerb(connection: Connection, error: ParseError): boolean {
  const stopped = error.bytesParsed ?? 0;
  const packet = error.rawPacket?.toString('latin1', Math.max(0, stopped - 16), stopped + 32) ?? '';
  const text = connection.tail.toString('latin1') + packet;
  const line = text.slice(text.lastIndexOf('\n', Math.min(stopped, 16) + connection.tail.length) + 1);
  return /^[A-Za-z][A-Za-z-]{0,31} [/*h]/.test(line);
}
