/**
 * The cost of both lines of a token look-up: `node src/core/audit/audit.bench.ts [folder]`. Prints for each case the
 * microseconds of the main thread a request (two lines), requests a second and bytes a request.
 */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { MacKey, newUuid, systemRandom } from '../../crypto/index.ts';
import { randomBase62, SecretBytes, systemClock } from '../../lib/index.ts';
import {
  type AuditAuth,
  type AuditEntry,
  openAuditBroker,
  queryAuditLog,
  type SinkTarget,
  verifyAuditLog,
} from './index.ts';

const { positionals } = parseArgs({ allowPositionals: true });
const folder = await mkdtemp(join(positionals[0] ?? tmpdir(), 'audit-bench-'));
const key = (): MacKey => new MacKey(new SecretBytes(systemRandom.bytes(32)));
const requests = 200_000;

interface Caller {
  readonly token: string;
  readonly accessor: string;
  readonly auth: AuditAuth;
}

function newCaller(): Caller {
  const token = `hvs.${randomBase62(24, systemRandom.bytes)}`;
  const accessor = randomBase62(24, systemRandom.bytes);
  const policies = ['default', 'reader'];
  const auth: AuditAuth = {
    clientToken: token,
    accessor,
    displayName: 'approle-web',
    policies,
    tokenPolicies: policies,
    policyResults: { allowed: true, grantingPolicies: [{ name: 'default', namespaceId: 'root', type: 'acl' }] },
    metadata: { role_name: 'web' },
    entityId: newUuid(systemRandom),
    tokenType: 'service',
    tokenTtlSeconds: 2_764_800,
    tokenIssueTime: '2026-01-02T03:04:05Z',
  };
  return { token, accessor, auth };
}

const mount = { point: 'auth/token/', type: 'token', accessor: 'auth_token_1a2b3c4d', class: 'auth' };
const namespace = { id: 'root', path: '' };

function entryOf(caller: Caller): { opening: AuditEntry; closing: AuditEntry } {
  const request = {
    id: newUuid(systemRandom),
    route: 'token.lookup-self',
    operation: 'read',
    mount,
    clientToken: caller.token,
    clientTokenAccessor: caller.accessor,
    namespace,
    path: 'auth/token/lookup-self',
    remoteAddress: '127.0.0.1',
    remotePort: 43210,
  };
  const { auth } = caller;
  const timeMillis = performance.timeOrigin + performance.now();
  const data = {
    accessor: caller.accessor,
    creation_time: 1_767_323_045,
    creation_ttl: 2_764_800,
    display_name: auth.displayName,
    entity_id: auth.entityId,
    expire_time: '2026-02-03T03:04:05Z',
    explicit_max_ttl: 0,
    id: caller.token,
    issue_time: '2026-01-02T03:04:05Z',
    meta: auth.metadata,
    num_uses: 0,
    orphan: true,
    path: 'auth/approle/login',
    policies: auth.policies,
    renewable: true,
    ttl: 2_764_000,
    type: 'service',
  };
  const opening: AuditEntry = { timeMillis, auth, request };
  return { opening, closing: { timeMillis, auth, request, response: { data }, outcome: 'ok' } };
}

/** What making the entries costs here: to be taken off the figures below. */
function measureEntries(callers: readonly Caller[] | undefined): string {
  const started = performance.now();
  for (let index = 0; index < requests; index += 1) entryOf(callers?.[index % callers.length] ?? newCaller());
  return `${(((performance.now() - started) * 1000) / requests).toFixed(1)} µs`;
}

async function measureReading(file: string, chainKey: MacKey): Promise<void> {
  const { size } = await stat(file);
  const started = performance.now();
  const { ok, lines } = await verifyAuditLog(file, { chainKey });
  const verified = performance.now();
  const filter = { accessor: 'not there' };
  const budget = { timeMillis: 60_000, bytes: Number.MAX_SAFE_INTEGER };
  const query = { file, filter, limit: 10, hash: (text: string) => chainKey.hex(text), clock: systemClock, budget };
  await queryAuditLog(query);
  const searched = performance.now();
  const rate = (millis: number): string => `${Math.round(size / 1000 / millis)} MB/s`;
  console.log(`verify: ${ok} ${lines} lines, ${rate(verified - started)}; query: ${rate(searched - verified)}`);
}

async function measure(title: string, target: SinkTarget, width: number, callers: readonly Caller[] | undefined) {
  const log = { info() {}, warn() {}, error: console.error };
  const chainKey = key();
  const broker = await openAuditBroker({
    sinks: [{ path: 'bench/', config: { target } }],
    hashKey: key(),
    chainKey,
    signCheckpoint: async (digest) => digest,
    checkpointKeyId: 'bench',
    clock: systemClock,
    log,
  });
  let left = requests;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const caller = callers?.[left % callers.length] ?? newCaller();
      const { opening, closing } = entryOf(caller);
      await broker.open(opening);
      await broker.close(closing);
    }
  };
  const started = performance.now();
  const loop = performance.eventLoopUtilization();
  await Promise.all(Array.from({ length: width }, worker));
  const millis = performance.now() - started;
  const busy = performance.eventLoopUtilization(loop).utilization;
  await broker.stop();
  const bytes = target.kind === 'file' ? (await stat(target.filePath)).size / requests : 0;
  const cost = ((millis * busy * 1000) / requests).toFixed(1);
  console.log(`${title}: ${cost} µs, ${Math.round((requests / millis) * 1000)} requests/s, ${Math.round(bytes)} bytes`);
  if (target.kind === 'file' && width > 1) await measureReading(target.filePath, chainKey);
}

try {
  const many = Array.from({ length: 1000 }, newCaller);
  for (const round of [1, 2]) {
    console.log(`making the entries: ${measureEntries(many)}, with a new token each ${measureEntries(undefined)}`);
    const file = (name: string): SinkTarget => ({ kind: 'file', filePath: join(folder, `${name}-${round}.log`) });
    await measure('discard, 64 at once, 1000 tokens', { kind: 'discard' }, 64, many);
    await measure('file, 64 at once, 1000 tokens', file('many'), 64, many);
    await measure('file, 64 at once, each token new', file('new'), 64, undefined);
    await measure('file, one after the other', file('one'), 1, many);
  }
} finally {
  await rm(folder, { recursive: true });
}
