import { type ErrorCode, StrongroomError } from '../lib/index.ts';

/** Why there was no answer to read. */
export type ConnectionFailure =
  | 'unreachable'
  | 'timed_out'
  | 'untrusted_certificate'
  | 'protocol_mismatch'
  | 'redirected'
  | 'answer_too_large'
  | 'answer_unreadable';

const messages: Readonly<Record<ConnectionFailure, string>> = {
  unreachable: 'the server cannot be reached',
  timed_out: 'the server did not answer in time',
  untrusted_certificate: "the server's certificate is not trusted",
  protocol_mismatch: 'the server does not speak the protocol of this address',
  redirected: 'the server points to another address, which is not followed',
  answer_too_large: 'the answer is larger than this client reads',
  answer_unreadable: 'the answer is not one of this API',
};

const hints: Readonly<Record<ConnectionFailure, string>> = {
  unreachable: 'check the address (STRONGROOM_ADDR) and that the server runs',
  timed_out: 'the request may have been carried out: look before sending it again',
  untrusted_certificate:
    'give the certificate authority of the server (STRONGROOM_CACERT), or the name it is issued for',
  protocol_mismatch: 'the listener does not speak TLS as this client does: is it one without TLS? Then use http://',
  redirected: 'set the address (STRONGROOM_ADDR) to the one that answers; a token is never carried to another host',
  answer_too_large: 'ask for less at a time (limit, after)',
  answer_unreadable: 'check that the address is a Strongroom or Vault server, not another service',
};

/** What a listener with TLS does to plain HTTP, and a server that ends to anyone. */
const cutOff = /^(?:ECONNRESET|EPIPE|HPE_[A-Z_]+)$/;
const cutOffHint = 'use https:// if the listener speaks TLS; else check that a server runs at this address';

function hintOf(reason: ConnectionFailure, request: string, systemCode: string | undefined): string {
  return systemCode !== undefined && cutOff.test(systemCode) && / http:\/\//.test(request) ? cutOffHint : hints[reason];
}

const codes: Readonly<Partial<Record<ConnectionFailure, ErrorCode>>> = { answer_too_large: 'body_too_large' };

/** No usable answer came. Holds the reason and Node's error code, never what was sent or received. */
export class ConnectionError extends StrongroomError {
  readonly reason: ConnectionFailure;
  /** `GET http://127.0.0.1:8200/v1/sys/health`, without query. */
  readonly request: string;
  /** Node's or OpenSSL's code, such as `ECONNREFUSED`. */
  readonly systemCode: string | undefined;

  constructor(reason: ConnectionFailure, request: string, systemCode?: string) {
    const detail = systemCode === undefined ? '' : ` (${systemCode})`;
    super(codes[reason] ?? 'internal', `${messages[reason]}${detail}: ${request}`, {
      hint: hintOf(reason, request, systemCode),
    });
    this.name = 'ConnectionError';
    this.reason = reason;
    this.request = request;
    this.systemCode = systemCode;
  }
}

const certificateCodes =
  /^(CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_CERT_|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH|CRL_)/;

/**
 * Sorts an error of Node's HTTP client. Only its code is kept: a parse error carries the raw packet, which can hold a
 * secret.
 */
export function connectionErrorOf(error: unknown, request: string): ConnectionError {
  const code = readSystemCode(error);
  if (code === undefined) return new ConnectionError('unreachable', request);
  if (certificateCodes.test(code)) return new ConnectionError('untrusted_certificate', request, code);
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG' || code === 'EPROTO') {
    return new ConnectionError('protocol_mismatch', request, code);
  }
  if (code.startsWith('HPE_')) return new ConnectionError('answer_unreadable', request, code);
  if (code === 'ETIMEDOUT') return new ConnectionError('timed_out', request, code);
  return new ConnectionError('unreachable', request, code);
}

function readSystemCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' && /^[A-Z0-9_]{1,64}$/.test(error.code) ? error.code : undefined;
}
