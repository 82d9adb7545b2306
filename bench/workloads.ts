import { execFileSync } from 'node:child_process';
import type { Workload } from './load.ts';
import type { Server } from './processes.ts';

export interface NamedWorkload {
  readonly name: string;
  /** Part of the bare handler's rate that is aimed at. */
  readonly goal: string;
  readonly workload: Workload;
}

const json = (token: unknown): Record<string, string> => ({
  'x-vault-token': String(token),
  'content-type': 'application/json',
});

/** Writes what the work needs, and answers the requests to be repeated. */
export async function prepareWorkloads(server: Server): Promise<NamedWorkload[]> {
  const { call } = server;
  await call('POST', 'sys/policies/acl/bench', {
    policy:
      'path "secret/data/*" { capabilities = ["create", "read", "update"] }\n' +
      'path "api-keys/verify" { capabilities = ["update"] }\n' +
      'path "auth/token/create" { capabilities = ["update"] }\n' +
      'path "pki/+/bench" { capabilities = ["update"] }\n',
  });
  await call('POST', 'sys/mounts/secret', { type: 'kv', options: { version: '2' } });
  const { client_token: token } = await call('POST', 'auth/token/create', {
    policies: ['default', 'bench'],
    ttl: '24h',
  });
  const { key } = await call('POST', 'api-keys/keys', { name: 'bench', owner: 'bench', scopes: ['read'] });
  await call('POST', 'secret/data/bench', { data: { value: 'v'.repeat(1_000) } });
  await preparePki(server);
  const { csr } = makeRequest();
  return [
    {
      name: 'token look-up',
      goal: '0.25',
      workload: { method: 'GET', path: '/v1/auth/token/lookup-self', headers: json(token) },
    },
    {
      name: 'API-key check',
      goal: '0.25',
      workload: { method: 'POST', path: '/v1/api-keys/verify', headers: json(token), body: { key, scopes: ['read'] } },
    },
    {
      name: 'KV read, 1 KB',
      goal: '0.2',
      workload: { method: 'GET', path: '/v1/secret/data/bench', headers: json(token) },
    },
    {
      name: 'KV write, 1 KB',
      goal: '',
      workload: {
        method: 'POST',
        path: '/v1/secret/data/bench-{n}',
        headers: json(token),
        body: { data: { value: 'w'.repeat(1_000) } },
      },
    },
    {
      name: 'token creation, durable',
      goal: '0.1',
      workload: {
        method: 'POST',
        path: '/v1/auth/token/create',
        headers: json(token),
        body: { policies: ['default'], ttl: '1h' },
      },
    },
    {
      name: 'certificate, key made here',
      goal: '0.04',
      workload: {
        method: 'POST',
        path: '/v1/pki/issue/bench',
        headers: json(token),
        body: { common_name: 'a.bench.test' },
      },
    },
    {
      name: 'certificate, CSR signed',
      goal: '0.04',
      workload: {
        method: 'POST',
        path: '/v1/pki/sign/bench',
        headers: json(token),
        body: { csr, common_name: 'a.bench.test' },
      },
    },
  ];
}

async function preparePki({ call }: Server): Promise<void> {
  await call('POST', 'sys/mounts/pki', { type: 'pki', config: { max_lease_ttl: '87600h' } });
  const ec = { key_type: 'ec', key_bits: 256 };
  await call('POST', 'pki/root/generate/internal', { common_name: 'Bench Root', ttl: '87600h', ...ec });
  await call('POST', 'pki/roles/bench', { allowed_domains: 'bench.test', allow_subdomains: true, ttl: '1h', ...ec });
}

function makeRequest(): { csr: string } {
  const options = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', '/dev/null'];
  const csr = execFileSync('openssl', ['req', '-new', ...options, '-subj', '/CN=a.bench.test'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return { csr };
}
