import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { envelope, refusal, startResponder } from '../../test/cli/responder.ts';
import { SecretText, StrongroomError } from '../lib/index.ts';
import { ApiError, ConnectionError, createClient } from './index.ts';

const canary = 'srs.CANARYcanary0123456789abcdefXY';
const token = new SecretText(canary);

/** Every way an error gets printed. */
function prints(error: unknown): string {
  const deep = { depth: 20, showHidden: true, getters: true } as const;
  const own =
    error instanceof Error
      ? Object.getOwnPropertyNames(error).map((name) => inspect(Reflect.get(error, name), deep))
      : [];
  return [
    JSON.stringify(error),
    inspect(error, deep),
    inspect(error, { ...deep, customInspect: false }),
    String(error),
    error instanceof Error ? (error.stack ?? '') : '',
    inspect(error instanceof Error ? error.cause : undefined, deep),
    ...own,
  ].join('\n');
}

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.unreachable('the request succeeded'),
    (error: unknown) => error,
  );
}

describe('requests', () => {
  it('carry token, namespace, wrap TTL and the mark of Vault clients', async () => {
    await using server = await startResponder(() => envelope({ a: 1 }));
    const client = createClient({ address: server.address, token, namespace: 'team/' });
    const answer = await client.get('secret/app', { wrapTtl: '5m', query: { version: 2 } });
    const [sent] = server.requests;
    expect(sent?.url).toBe('/v1/secret/app?version=2');
    expect(sent?.headers).toMatchObject({
      'x-vault-token': canary,
      'x-vault-namespace': 'team/',
      'x-vault-wrap-ttl': '5m',
      'x-vault-request': 'true',
    });
    expect(answer.data).toEqual({ a: 1 });
    expect(answer.requestId).toBe('5e3fbb6d-1111-4222-8333-944455556666');
    client.close();
  });

  it('list by GET with list=true, which passes every proxy', async () => {
    await using server = await startResponder(() => envelope({ keys: ['a'] }));
    const client = createClient({ address: server.address });
    expect((await client.list('auth/token/roles')).data.keys).toEqual(['a']);
    expect(server.requests[0]).toMatchObject({ method: 'GET', url: '/v1/auth/token/roles?list=true' });
    client.close();
  });

  it('patch as JSON merge patch and send secrets of the body in the clear to the server alone', async () => {
    await using server = await startResponder(() => ({}));
    const client = createClient({ address: server.address });
    const answer = await client.patch('a/b', { password: new SecretText('s3cret'), gone: null, absent: undefined });
    expect(server.requests[0]?.headers['content-type']).toBe('application/merge-patch+json');
    expect(JSON.parse(server.requests[0]?.body ?? '')).toEqual({ password: 's3cret', gone: null });
    expect(answer).toMatchObject({ status: 204, data: null, body: null });
    client.close();
  });

  it.each(['a/../b', 'a//b', './a', '', 'a\nb', '/v1/', `${'x'.repeat(9000)}`])(
    'refuse the path %j before anything is sent',
    async (path) => {
      await using server = await startResponder(() => ({}));
      const client = createClient({ address: server.address });
      expect(await failure(client.get(path))).toMatchObject({ code: 'invalid_path' });
      expect(server.requests).toEqual([]);
      client.close();
    },
  );

  it('encode what is not a path character, so that a name cannot become a query', async () => {
    await using server = await startResponder(() => ({}));
    const client = createClient({ address: server.address });
    await client.delete('/v1/secret/a b?c#d%2e/ü:@');
    expect(server.requests[0]?.url).toBe('/v1/secret/a%20b%3Fc%23d%252e/%C3%BC:@');
    client.close();
  });

  it('refuse a token that cannot be a header, without repeating it', async () => {
    const client = createClient({ address: 'http://127.0.0.1:1', token: new SecretText(`${canary}\r\nX-Evil: 1`) });
    const error = await failure(client.get('a'));
    expect(error).toMatchObject({ code: 'invalid_field' });
    expect(prints(error)).not.toContain(canary);
  });

  it.each(['ftp://x', 'http://u:p@h', 'https://h/path', 'https://h?x=1', 'h:1', ''])(
    'refuse the address %j',
    (address) => {
      expect(() => createClient({ address })).toThrow(StrongroomError);
    },
  );
});

describe('answers', () => {
  it('keep log-in and wrapping tokens, and the fields named secret, out of printing', async () => {
    const auth = { client_token: canary, accessor: 'acc', policies: ['default'], metadata: null };
    await using server = await startResponder(() =>
      envelope({ key: canary, id: 'k1' }, { auth, wrap_info: { token: canary, accessor: 'w' } }),
    );
    const client = createClient({ address: server.address });
    const answer = await client.apiKeys.create({ name: 'ci' });
    expect(prints(answer)).not.toContain(canary);
    expect(answer.data.key.insecureText()).toBe(canary);
    expect(answer.auth?.client_token.insecureText()).toBe(canary);
    expect(answer.wrapInfo?.token.insecureText()).toBe(canary);
    client.close();
  });

  it('of initialisation keep every share and the root token out of printing', async () => {
    await using server = await startResponder(() => ({
      body: { keys: [canary, canary], keys_base64: [canary], root_token: canary },
    }));
    const client = createClient({ address: server.address });
    const answer = await client.sys.init({ secret_shares: 2, secret_threshold: 2 });
    expect(prints(answer)).not.toContain(canary);
    expect(answer.data.keys.map((key) => key.insecureText())).toEqual([canary, canary]);
    expect(answer.data.root_token.insecureText()).toBe(canary);
    client.close();
  });

  it('of sys/health are answers in every state', async () => {
    await using server = await startResponder(() => ({ status: 503, body: { initialized: true, sealed: true } }));
    const client = createClient({ address: server.address, token });
    const answer = await client.sys.health();
    expect(answer).toMatchObject({ status: 503, data: { sealed: true } });
    expect(server.requests[0]?.headers['x-vault-token']).toBeUndefined();
    client.close();
  });

  it('without JSON, or cut off, or too large, or late are refused by name', async () => {
    await using server = await startResponder((request) => {
      if (request.url === '/v1/html') return { body: '<html>' };
      if (request.url === '/v1/large') return { body: { x: 'y'.repeat(5000) } };
      if (request.url === '/v1/break') return 'break';
      if (request.url === '/v1/garbage') return 'garbage';
      return request.url === '/v1/moved' ? { status: 307, headers: { location: 'http://evil/' } } : 'hang';
    });
    const client = createClient({ address: server.address, token, maxAnswerBytes: 1000, timeoutSeconds: 0.2 });
    const reasons = ['html', 'large', 'break', 'garbage', 'moved', 'late'].map(async (path) => {
      const error = await failure(client.get(path));
      expect(error).toBeInstanceOf(ConnectionError);
      return (error as ConnectionError).reason;
    });
    expect(await Promise.all(reasons)).toEqual([
      'answer_unreadable',
      'answer_too_large',
      'unreachable',
      'answer_unreadable',
      'redirected',
      'timed_out',
    ]);
    client.close();
  });

  it('nested too deeply are refused before they are built', async () => {
    await using server = await startResponder(() => ({ body: `${'{"a":'.repeat(200)}1${'}'.repeat(200)}` }));
    const client = createClient({ address: server.address });
    expect(await failure(client.get('a'))).toMatchObject({ reason: 'answer_unreadable' });
    client.close();
  });
});

describe('refusals', () => {
  it('carry status, code, texts, hint and request id', async () => {
    await using server = await startResponder(() =>
      refusal(403, 'permission_denied', 'permission denied', 'ask for a policy'),
    );
    const client = createClient({ address: server.address });
    const error = await failure(client.post('a', {}));
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toBeInstanceOf(StrongroomError);
    expect(error).toMatchObject({
      status: 403,
      code: 'permission_denied',
      errors: ['permission denied'],
      hint: 'ask for a policy',
      requestId: '7a1fbb6d-1111-4222-8333-944455556666',
      request: 'POST /v1/a',
    });
    client.close();
  });

  it('of servers that send no code are understood by their status', async () => {
    const statuses = [400, 403, 404, 405, 412, 413, 415, 429, 500, 503];
    await using server = await startResponder((_request, index) => ({
      status: statuses[index] ?? 500,
      headers: { 'retry-after': '7' },
      body: { errors: [] },
    }));
    const client = createClient({ address: server.address });
    const codes: string[] = [];
    for (const _ of statuses) {
      const error = (await failure(client.get('a'))) as ApiError;
      expect(error.retryAfterSeconds).toBe(7);
      codes.push(error.code);
    }
    expect(codes).toEqual([
      'invalid_request',
      'permission_denied',
      'not_found',
      'unsupported_operation',
      'precondition_failed',
      'body_too_large',
      'unsupported_media_type',
      'rate_limited',
      'internal',
      'sealed',
    ]);
    client.close();
  });

  it('keep the data of the answer out of every print, for those who ask for it', async () => {
    await using server = await startResponder(() => ({
      status: 404,
      body: { errors: [], data: { data: null, note: canary } },
    }));
    const client = createClient({ address: server.address });
    const error = (await failure(client.get('secret/data/a'))) as ApiError;
    expect(prints(error)).not.toContain(canary);
    expect(error.answerData()).toEqual({ data: null, note: canary });
    client.close();
  });

  it('AUD-12: no error of any kind shows a token or a secret that was sent, even when the server echoes it', async () => {
    const password = new SecretText('CANARY-password-42');
    await using server = await startResponder((request) => {
      if (request.url.startsWith('/v1/garbage')) return 'garbage';
      if (request.url.startsWith('/v1/html')) return { body: `<p>${canary}` };
      if (request.url.startsWith('/v1/hang')) return 'hang';
      if (request.url.startsWith('/v1/moved')) return { status: 302, headers: { location: `http://x/${canary}` } };
      return {
        status: 400,
        body: {
          errors: [`bad ${canary} ${request.body}`],
          code: `x${canary}`,
          hint: canary,
          request_id: canary,
          data: { canary },
        },
      };
    });
    const client = createClient({ address: server.address, token, timeoutSeconds: 0.2 });
    const closed = createClient({ address: 'http://127.0.0.1:1', token });
    const failures = [
      ...['garbage', 'html', 'hang', 'moved', 'refused'].map((path) =>
        failure(client.post(path, { password }, { query: { canary } })),
      ),
      failure(client.get('refused', { headers: { 'X-API-Key': new SecretText('CANARY-api-key') } })),
      failure(closed.post('a', { password })),
    ];
    for (const error of await Promise.all(failures)) {
      expect(error).toBeInstanceOf(StrongroomError);
      expect(prints(error)).not.toMatch(/CANARY/);
    }
    expect(prints(client)).not.toMatch(/CANARY/);
    client.close();
  });
});
