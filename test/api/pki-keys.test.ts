import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StrongroomError } from '../../src/lib/index.ts';
import { openMemoryStore } from '../../src/store/index.ts';
import { FaultyStore } from '../harness/faulty-store.ts';
import { type CallAnswer, startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
const store = new FaultyStore(openMemoryStore());
const root = (method: string, path: string, body?: object): Promise<CallAnswer> =>
  server.root(method, path, body as never);
const ok = async (method: string, path: string, body?: object): Promise<CallAnswer> => {
  const answer = await root(method, path, body);
  expect(answer.status, `${path}: ${answer.json?.errors?.join()}`).toBeLessThan(300);
  return answer;
};
/** Refused with 400, with words and a hint. */
async function refused(method: string, path: string, body: object, words: string): Promise<void> {
  const answer = await root(method, path, body);
  expect([answer.status, answer.json?.errors?.[0]], path).toEqual([400, expect.stringContaining(words)]);
}

beforeAll(async () => {
  server = await startServer({ store });
});
afterAll(() => server.stop());

let mounts = 0;
async function mounted(): Promise<string> {
  mounts += 1;
  await ok('POST', `sys/mounts/keys-${mounts}`, { type: 'pki', config: { max_lease_ttl: '87600h' } });
  return `keys-${mounts}`;
}
const ec = { common_name: 'Root', key_type: 'ec', ttl: '2000h' };
const exportedRoot = async (mount: string) => (await ok('POST', `${mount}/root/generate/exported`, ec)).json.data;
const keysOf = async (mount: string): Promise<string[]> => (await root('LIST', `${mount}/keys`)).json?.data?.keys ?? [];
const materials = () => server.store.count('records', { collection: 'software-keys' });
const config = async (mount: string) => ({
  issuer: (await ok('GET', `${mount}/config/issuers`)).json.data.default,
  key: (await ok('GET', `${mount}/config/keys`)).json.data.default,
});

/** Lets something happen in the middle of a request: before its key is made, or after it signed. */
function during(method: 'sign' | 'import' | 'generate' | 'destroy', meanwhile: () => Promise<unknown>): void {
  const home = server.core.keys.software as unknown as Record<string, (...asked: unknown[]) => Promise<unknown>>;
  const whole = home[method] as (...asked: unknown[]) => Promise<unknown>;
  home[method] = async (...asked) => {
    home[method] = whole;
    if (method !== 'sign') await meanwhile();
    const answer = await whole.apply(home, asked);
    if (method === 'sign') await meanwhile();
    return answer;
  };
}

describe('a key that comes after its certificate', () => {
  it('is linked to it, by keys/import, and the issuer issues', async () => {
    const made = await exportedRoot(await mounted());
    const mount = await mounted();
    const issuer = (await ok('POST', `${mount}/issuers/import/cert`, { pem_bundle: made.certificate })).json.data
      .imported_issuers[0];
    expect((await ok('GET', `${mount}/issuer/${issuer}`)).json.data.key_id).toBe('');
    const key = (await ok('POST', `${mount}/keys/import`, { pem_bundle: made.private_key, key_name: 'mine' })).json
      .data;
    expect([key.key_name, key.key_type]).toEqual(['mine', 'ec']);
    expect((await ok('GET', `${mount}/issuer/${issuer}`)).json.data.key_id).toBe(key.key_id);
    expect(await config(mount)).toEqual({ issuer, key: key.key_id });
    await ok('POST', `${mount}/roles/any`, { key_type: 'ec', allow_any_name: true });
    await ok('POST', `${mount}/issue/any`, { common_name: 'a.test', ttl: '1h' });
  });

  it('is linked by a bundle as well, and so is the twin with the same key', async () => {
    const made = await exportedRoot(await mounted());
    const mount = await mounted();
    const first = (await ok('POST', `${mount}/issuers/import/cert`, { pem_bundle: made.certificate })).json.data;
    const both = `${made.certificate}\n${made.private_key}`;
    const again = (await ok('POST', `${mount}/issuers/import/bundle`, { pem_bundle: both })).json.data;
    expect([again.existing_issuers, again.imported_issuers]).toEqual([first.imported_issuers, null]);
    expect(again.mapping).toEqual({ [first.imported_issuers[0]]: again.imported_keys[0] });
    const third = (await ok('POST', `${mount}/issuers/import/bundle`, { pem_bundle: `${both}\n${both}` })).json.data;
    expect([third.imported_keys, third.existing_keys]).toEqual([null, again.imported_keys]);
    expect(await keysOf(mount)).toHaveLength(1);
  });

  it('twice at once is one key and one issuer', async () => {
    const made = await exportedRoot(await mounted());
    const mount = await mounted();
    const before = await materials();
    const body = { pem_bundle: `${made.certificate}\n${made.private_key}` };
    await Promise.all([1, 2, 3].map(() => ok('POST', `${mount}/issuers/import/bundle`, body)));
    expect(await keysOf(mount)).toHaveLength(1);
    expect((await ok('LIST', `${mount}/issuers`)).json.data.keys).toHaveLength(1);
    expect(await materials()).toBe(before + 1);
  });

  it('does not make another the default by being imported once more', async () => {
    const mount = await mounted();
    const first = await exportedRoot(mount);
    await ok('POST', `${mount}/config/issuers`, { default: 'default', default_follows_latest_issuer: true });
    const second = await exportedRoot(mount);
    expect((await config(mount)).issuer).toBe(second.issuer_id);
    await ok('POST', `${mount}/issuers/import/cert`, { pem_bundle: first.certificate });
    expect((await config(mount)).issuer).toBe(second.issuer_id);
  });
});

describe('what is no key to take in', () => {
  it('is refused with words of what to do, and nothing is taken in', async () => {
    const made = await exportedRoot(await mounted());
    const mount = await mounted();
    const openssl = (words: string[], input?: string): string =>
      execFileSync('openssl', words, { ...(input && { input }), encoding: 'utf8', stdio: ['pipe', 'pipe', 'ignore'] });
    const pass = ['-passout', 'pass:test'];
    const pkcs8 = openssl(['pkcs8', '-topk8', ...pass], made.private_key);
    const old = openssl(['ec', '-aes256', ...pass], made.private_key);
    const small = openssl(['genrsa', '1024']);
    const curve = openssl(['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:secp256k1']);
    for (const path of ['keys/import', 'issuers/import/bundle', 'config/ca']) {
      await refused('POST', `${mount}/${path}`, { pem_bundle: pkcs8 }, 'encrypted');
      await refused('POST', `${mount}/${path}`, { pem_bundle: old }, 'encrypted');
      await refused('POST', `${mount}/${path}`, { pem_bundle: small }, '');
      await refused('POST', `${mount}/${path}`, { pem_bundle: curve }, 'not one that can be used');
      await refused('POST', `${mount}/${path}`, { pem_bundle: '' }, 'no data');
      await refused('POST', `${mount}/${path}`, { pem_bundle: 'words' }, '');
      await refused('POST', `${mount}/${path}`, { pem_bundle: `${made.private_key}\n`.repeat(65) }, '');
      // A good key before a bad one is not taken in either.
      await refused('POST', `${mount}/${path}`, { pem_bundle: `${made.private_key}\n${small}` }, '');
    }
    await refused('POST', `${mount}/keys/import`, { pem_bundle: made.certificate }, 'one private key');
    await refused('POST', `${mount}/keys/import`, { pem_bundle: made.private_key, key_name: 'a b' }, 'key name');
    await refused('POST', `${mount}/issuers/import/cert`, { pem_bundle: made.private_key }, 'not allowed');
    expect(await keysOf(mount)).toEqual([]);
  });

  it('nor is a certificate of no CA an issuer, whatever comes with it', async () => {
    const mount = await mounted();
    const made = await exportedRoot(mount);
    await ok('POST', `${mount}/roles/any`, { key_type: 'ec', allow_any_name: true });
    const leaf = (await ok('POST', `${mount}/issue/any`, { common_name: 'a.test', ttl: '1h' })).json.data;
    const other = await mounted();
    const pem_bundle = [made.certificate, made.private_key, leaf.certificate, leaf.private_key].join('\n');
    await refused('POST', `${other}/issuers/import/bundle`, { pem_bundle }, '');
    expect([await keysOf(other), (await root('LIST', `${other}/issuers`)).status]).toEqual([[], 404]);
  });
});

describe('deleting a key', () => {
  it('that is the default leaves no default, and the next one made becomes it', async () => {
    const mount = await mounted();
    const { key_id: first } = (await ok('POST', `${mount}/keys/generate/internal`, { key_type: 'ec' })).json.data;
    expect((await config(mount)).key).toBe(first);
    await ok('DELETE', `${mount}/key/${first}`);
    expect((await config(mount)).key).toBe('');
    await refused('POST', `${mount}/intermediate/generate/existing`, { common_name: 'x' }, 'unable to find');
    const { key_id: second } = (await ok('POST', `${mount}/keys/generate/internal`, { key_type: 'ec' })).json.data;
    expect((await config(mount)).key).toBe(second);
  });

  it('that an issuer uses is refused, also one it gets at that moment', async () => {
    const mount = await mounted();
    const { key_id: key } = (await ok('POST', `${mount}/keys/generate/internal`, { key_type: 'ec' })).json.data;
    during('sign', () => ok('DELETE', `${mount}/key/${key}`));
    const answer = await root('POST', `${mount}/root/generate/existing`, { common_name: 'Root', key_ref: key });
    expect(answer.status).toBe(400);
    expect((await root('LIST', `${mount}/issuers`)).status).toBe(404);
    const made = await exportedRoot(mount);
    await refused('DELETE', `${mount}/key/${made.key_id}`, {}, 'in use');
    expect(await keysOf(mount)).toEqual([made.key_id]);
  });

  it('while its home is out of reach changes nothing', async () => {
    const mount = await mounted();
    const { key_id: key } = (await ok('POST', `${mount}/keys/generate/internal`, { key_type: 'ec' })).json.data;
    const home = server.core.keys.software;
    const { describe: whole } = home;
    home.describe = async () => {
      throw new StrongroomError('keys_unavailable', 'gone', { hint: 'wait', retryAfterSeconds: 1 });
    };
    expect((await root('DELETE', `${mount}/key/${key}`)).status).toBe(503);
    home.describe = whole;
    expect([await keysOf(mount), (await config(mount)).key]).toEqual([[key], key]);
  });

  it('that stops half-way leaves one that nobody sees or uses, and that a second try ends', async () => {
    const mount = await mounted();
    for (const moment of ['before', 'after'] as const) {
      for (let commit = 1; commit <= 3; commit += 1) {
        const before = await materials();
        const { key_id: key } = (await ok('POST', `${mount}/keys/generate/internal`, { key_type: 'ec' })).json.data;
        store.arm(commit, moment);
        await root('DELETE', `${mount}/key/${key}`);
        store.disarm();
        const listed = await keysOf(mount);
        if (listed.length > 0) {
          // All or nothing: one that is shown is whole.
          expect((await ok('GET', `${mount}/key/${key}`)).json.data.protection).toBeDefined();
        } else {
          await refused('POST', `${mount}/intermediate/generate/existing`, { common_name: 'x', key_ref: key }, '');
        }
        await root('DELETE', `${mount}/key/${key}`);
        expect([await keysOf(mount), await materials(), (await config(mount)).key]).toEqual([[], before, '']);
      }
    }
  });

  it('that is gone from its home is told, and does not stand in the way', async () => {
    const mount = await mounted();
    const made = await exportedRoot(mount);
    const rows = await server.store.list('records', { where: { collection: 'software-keys' }, limit: 1_000 });
    for (const { id } of rows) await server.core.keys.software.destroy(id);
    const shown = await ok('GET', `${mount}/key/${made.key_id}`);
    expect([shown.json.data.protection, shown.json.warnings?.[0]]).toEqual([
      undefined,
      expect.stringContaining('not in its home'),
    ]);
    await ok('DELETE', `${mount}/issuer/${made.issuer_id}`);
    await ok('DELETE', `${mount}/key/${made.key_id}`);
    expect(await keysOf(mount)).toEqual([]);
    await exportedRoot(mount);
    await ok('DELETE', `${mount}/root`);
    expect([await keysOf(mount), (await root('LIST', `${mount}/issuers`)).status]).toEqual([[], 404]);
  });
});

describe('a key that is made while', () => {
  const paths = [
    ['generate', 'keys/generate/internal'],
    ['import', 'keys/generate/exported'],
    ['generate', 'root/generate/internal'],
    ['sign', 'root/generate/internal'],
    ['sign', 'intermediate/generate/exported'],
  ] as const;
  it.each(paths)('its mount is removed (%s, %s) is in no home afterwards', async (moment, path) => {
    const mount = await mounted();
    const id = server.core.mounts.byPath('secret', `${mount}/`)?.id as string;
    const before = await materials();
    let removal: Promise<unknown> = Promise.resolve();
    // It waits for the key.
    during(moment, async () => {
      removal = ok('DELETE', `sys/mounts/${mount}`);
    });
    await ok('POST', `${mount}/${path}`, ec);
    await removal;
    expect([await server.store.count('records', { mount: id }), await materials()]).toEqual([0, before]);
  });

  it.each(paths.slice(0, 4))('everything is destroyed (%s, %s) is in no home afterwards', async (moment, path) => {
    const mount = await mounted();
    const before = await materials();
    during(moment, () => ok('DELETE', `${mount}/root`));
    expect((await root('POST', `${mount}/${path}`, ec)).status).toBeLessThan(500);
    expect([await keysOf(mount), await materials()]).toEqual([[], before]);
  });
});

it('what cannot be made leaves no key', async () => {
  const mount = await mounted();
  const before = await materials();
  const bad: readonly object[] = [
    { private_key_format: 'pem7' },
    { format: 'pem7' },
    { use_pss: true },
    { signature_bits: 512 },
    { signature_bits: 7 },
    { key_type: 'rsa', signature_bits: 7 },
    { key_type: 'rsa', key_bits: 1_000_000_000 },
    { key_bits: -1 },
    { max_path_length: 1_000_000_000 },
    { not_before: '2999-01-01T00:00:00Z' },
    { not_before_duration: '999999999h' },
    { permitted_dns_domains: Array.from({ length: 9_000 }, (_, at) => `${at}.test`) },
    { permitted_dns_domains: ['..'] },
    { permitted_dns_domains: ['*.test'] },
    { permitted_dns_domains: ['a b'] },
    { alt_names: Array.from({ length: 9_000 }, (_, at) => `${at}.test`) },
    { common_name: 'x'.repeat(5_000) },
    { organization: ['y'.repeat(5_000)] },
    { country: ['Germany'] },
    { issuer_name: 'default' },
    { key_name: 'a/b' },
  ];
  for (const more of bad) {
    for (const type of ['internal', 'exported', 'existing', 'kms']) {
      const answer = await root('POST', `${mount}/root/generate/${type}`, { ...ec, ...more });
      expect([answer.status, (answer.json?.errors?.[0] ?? '').length > 0], JSON.stringify(more).slice(0, 60)).toEqual([
        400,
        true,
      ]);
    }
  }
  expect([await keysOf(mount), await materials()]).toEqual([[], before]);
});

it('two names at once: one gets it', async () => {
  const mount = await mounted();
  const before = await materials();
  const generate = () => root('POST', `${mount}/keys/generate/internal`, { key_type: 'ec', key_name: 'one' });
  const answers = await Promise.all([generate(), generate(), generate()]);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400]);
  expect([(await keysOf(mount)).length, await materials()]).toEqual([1, before + 1]);
  const made = await Promise.all(
    [1, 2, 3].map(() => root('POST', `${mount}/root/generate/internal`, { ...ec, issuer_name: 'one' })),
  );
  expect(made.map(({ status }) => status).sort()).toEqual([200, 400, 400]);
  expect([(await keysOf(mount)).length, await materials()]).toEqual([2, before + 2]);
  for (let count = 0; count < 2; count += 1) await ok('POST', `${mount}/root/generate/internal`, ec);
  const ids: string[] = (await ok('LIST', `${mount}/issuers`)).json.data.keys;
  const renamed = await Promise.all(ids.map((id) => root('PATCH', `${mount}/issuer/${id}`, { issuer_name: 'two' })));
  expect(renamed.map(({ status }) => status).sort()).toEqual([200, 400, 400]);
});
