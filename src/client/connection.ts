import { SecretText, StrongroomError, strongroomVersion } from '../lib/index.ts';
import { parseAddress } from './address.ts';
import { readAnswer, readApiError } from './answer.ts';
import { checkCertificates } from './check-certificates.ts';
import { ConnectionError } from './connection-error.ts';
import { requestTarget } from './request-path.ts';
import { encodeBody } from './secret-body.ts';
import { createTransport, type ReceivedAnswer } from './transport.ts';
import type { Answer, BodyValue, QueryValue, RawAnswer, Verb, WireObject } from './wire.ts';

export interface ClientOptions {
  /** `https://host:port`. */
  readonly address: string;
  readonly token?: SecretText | undefined;
  /** PEM text of the authorities to trust in place of the system's. */
  readonly caCert?: string | undefined;
  /** PEM texts of the client certificate (chain) and its key, for mTLS. */
  readonly clientCert?: string | undefined;
  readonly clientKey?: SecretText | undefined;
  readonly namespace?: string | undefined;
  /** For one whole request, answer read. 60 unless given. */
  readonly timeoutSeconds?: number | undefined;
  /** 64 MiB unless given. */
  readonly maxAnswerBytes?: number | undefined;
  /** Accepts any server certificate: whoever stands between can read the token. */
  readonly insecureSkipVerify?: boolean | undefined;
}

export interface RequestOptions {
  readonly query?: Readonly<Record<string, QueryValue>> | undefined;
  readonly headers?: Readonly<Record<string, string | SecretText>> | undefined;
  /** Asks for the answer to be wrapped: seconds or a duration such as "5m". */
  readonly wrapTtl?: string | number | undefined;
  /** Another token than the client's; null sends none. */
  readonly token?: SecretText | null | undefined;
  /** Dotted paths in the body (`data.key`) that come back as `SecretText`. */
  readonly secretFields?: readonly string[] | undefined;
  /** Statuses of 400 and above that are answers here (`sys/health`). */
  readonly answerStatuses?: readonly number[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What every group of functions is made of. */
export interface Connection {
  /**
   * Sends one request to `/v1/<path>`.
   * Throws `ApiError` for a refusal, `ConnectionError` where no usable answer came, `StrongroomError` for bad arguments.
   */
  request<Data = WireObject | null>(
    verb: Verb,
    path: string,
    body?: BodyValue,
    options?: RequestOptions,
  ): Promise<Answer<Data>>;
  /** The same for routes that answer bytes. */
  requestRaw(verb: Verb, path: string, options?: RequestOptions): Promise<RawAnswer>;
  close(): void;
}

const defaultTimeoutSeconds = 60;
const defaultMaxAnswerBytes = 64 * 1024 * 1024;
const headerTextPattern = /^[\t\x20-\x7e]*$/;

function readHeaderText(name: string, value: string | SecretText): string {
  const text = value instanceof SecretText ? value.insecureText() : value;
  if (!headerTextPattern.test(text) || !/^[A-Za-z0-9-]+$/.test(name)) {
    throw new StrongroomError('invalid_field', `the value for the header ${name.slice(0, 64)} cannot be sent`, {
      hint: 'headers carry visible ASCII on one line: look for a line break or a blank pasted with a token',
    });
  }
  return text;
}

function redirectTarget(answer: ReceivedAnswer): boolean {
  return answer.status >= 300 && answer.status < 400;
}

/** Opens a connection: nothing is sent yet. Throws `invalid_field` for a wrong address, certificate or token. */
export function openConnection(options: ClientOptions): Connection {
  const address = parseAddress(options.address);
  if (address.secure) checkCertificates(options);
  const transport = createTransport({
    address,
    timeoutSeconds: options.timeoutSeconds ?? defaultTimeoutSeconds,
    maxAnswerBytes: options.maxAnswerBytes ?? defaultMaxAnswerBytes,
    insecureSkipVerify: options.insecureSkipVerify === true,
    ...(options.caCert === undefined ? {} : { caCert: options.caCert }),
    ...(options.clientCert === undefined ? {} : { clientCert: options.clientCert }),
    ...(options.clientKey === undefined ? {} : { clientKey: options.clientKey }),
  });

  const buildHeaders = (verb: Verb, hasBody: boolean, request: RequestOptions): Record<string, string> => {
    const headers: Record<string, string> = {
      accept: 'application/json',
      'user-agent': `strongroom/${strongroomVersion}`,
      'x-vault-request': 'true',
    };
    const token = request.token === undefined ? options.token : (request.token ?? undefined);
    if (token !== undefined) headers['x-vault-token'] = readHeaderText('X-Vault-Token', token);
    if (options.namespace !== undefined && options.namespace !== '') {
      headers['x-vault-namespace'] = readHeaderText('X-Vault-Namespace', options.namespace);
    }
    if (request.wrapTtl !== undefined) {
      headers['x-vault-wrap-ttl'] = readHeaderText('X-Vault-Wrap-TTL', String(request.wrapTtl));
    }
    if (hasBody) headers['content-type'] = verb === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    for (const [name, value] of Object.entries(request.headers ?? {})) {
      headers[name.toLowerCase()] = readHeaderText(name, value);
    }
    return headers;
  };

  const exchange = async (verb: Verb, path: string, body: BodyValue, request: RequestOptions) => {
    const list = verb === 'LIST';
    const target = requestTarget(path, { ...request.query, ...(list ? { list: true } : {}) });
    const encoded = body === undefined ? undefined : encodeBody(body);
    const headers = buildHeaders(verb, encoded !== undefined, request);
    if (encoded !== undefined) headers['content-length'] = String(encoded.bytes.length);
    const method = list ? 'GET' : verb;
    const secrets = [...(encoded?.secrets ?? [])];
    const token = request.token ?? options.token;
    if (token !== undefined) secrets.push(token);
    for (const value of Object.values(request.headers ?? {})) if (value instanceof SecretText) secrets.push(value);
    const answer = await transport.exchange({ method, target, headers, body: encoded?.bytes, signal: request.signal });
    const bare = target.split('?', 1)[0] as string;
    if (redirectTarget(answer)) throw new ConnectionError('redirected', `${method} ${address.origin}${bare}`);
    if (answer.status >= 400 && request.answerStatuses?.includes(answer.status) !== true) {
      const retryAfter = answer.headers['retry-after'];
      throw readApiError(
        { status: answer.status, text: answer.bytes.toString('utf8'), retryAfter },
        `${verb} ${bare}`,
        secrets,
      );
    }
    return { answer, named: `${method} ${address.origin}${bare}` };
  };

  return {
    async request<Data>(verb: Verb, path: string, body?: BodyValue, request: RequestOptions = {}) {
      const { answer, named } = await exchange(verb, path, body, request);
      try {
        return readAnswer<Data>(answer.status, answer.bytes.toString('utf8'), request.secretFields ?? []);
      } catch {
        throw new ConnectionError('answer_unreadable', named);
      }
    },
    async requestRaw(verb, path, request = {}) {
      const { answer } = await exchange(verb, path, undefined, request);
      return { status: answer.status, contentType: answer.headers['content-type'] ?? '', bytes: answer.bytes };
    },
    close: () => transport.close(),
  };
}
