import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/lib/index.ts';
import { encodePem, encodeRevokedEntry, issueCrl, parseCertificate } from '../../src/x509/index.ts';
import {
  makeIntermediate,
  makeLeaf,
  makeRoot,
  type TestAuthority,
  testNowSeconds,
} from '../../src/x509/testing/authority.ts';
import { type CallAnswer, startServer, type TestServer } from '../harness/server.ts';

const daySeconds = 86_400;
let server: TestServer;
let root: TestAuthority;
let middle: TestAuthority;
const call = (method: string, path: string, body?: object): Promise<CallAnswer> =>
  server.root(method, path, body as never);
const pem = (der: Buffer): string => encodePem('CERTIFICATE', der);

beforeAll(async () => {
  root = await makeRoot('Revoking Root');
  middle = await makeIntermediate(root, 'Revoking Middle');
  server = await startServer({ clock: new ManualClock(testNowSeconds * 1000) });
  await call('POST', 'sys/auth/cert', { type: 'cert' });
  await role('root', pem(root.certificate.der));
  await role('middle', pem(middle.certificate.der));
});
afterAll(() => server.stop());

async function role(name: string, certificate: string): Promise<void> {
  const answer = await call('POST', `auth/cert/certs/${name}`, { certificate, token_policies: ['default'] });
  expect(answer.status, answer.text).toBe(204);
}

const logIn = async (name: string, ...chain: Buffer[]): Promise<number> =>
  (await server.call('POST', 'auth/cert/login', { body: { name }, clientCertificates: chain })).status;

interface ListOptions {
  readonly revoked?: readonly Buffer[];
  readonly thisUpdate?: number;
  readonly nextUpdate?: number;
  readonly number?: bigint;
  readonly deltaBase?: bigint;
}

async function list(authority: TestAuthority, options: ListOptions = {}): Promise<string> {
  const entries = (options.revoked ?? []).map((der) =>
    encodeRevokedEntry({ serial: parseCertificate(der).serial, revokedAtSeconds: testNowSeconds - 10 }),
  );
  const der = await issueCrl({
    template: {
      thisUpdateSeconds: testNowSeconds + (options.thisUpdate ?? -10),
      nextUpdateSeconds: testNowSeconds + (options.nextUpdate ?? daySeconds),
      number: options.number ?? 7n,
      entries,
      ...(options.deltaBase !== undefined && { deltaBaseNumber: options.deltaBase }),
    },
    issuer: authority.issuer,
    sign: authority.sign,
  });
  return encodePem('X509 CRL', der);
}

async function withLists(lists: Readonly<Record<string, string>>, judge: () => Promise<void>): Promise<void> {
  for (const [name, crl] of Object.entries(lists)) {
    const answer = await call('POST', `auth/cert/crls/${name}`, { crl });
    expect(answer.status, answer.text).toBe(204);
  }
  try {
    await judge();
  } finally {
    for (const name of Object.keys(lists)) await call('DELETE', `auth/cert/crls/${name}`);
  }
}

describe('MTL-03: uploaded revocation lists', () => {
  it('each of them is read, whatever their number', async () => {
    const other = await makeRoot('Lists of another');
    const filler = await list(other);
    const { der } = await makeLeaf(root);
    const lists: Record<string, string> = {};
    for (let count = 0; count < 130; count += 1) lists[`filler-${String(count).padStart(3, '0')}`] = filler;
    await withLists({ ...lists, 'the-last': await list(root, { revoked: [der] }) }, async () => {
      expect(await logIn('root', der)).toBe(400);
      expect(await logIn('root', (await makeLeaf(root)).der)).toBe(200);
    });
    expect(await logIn('root', der)).toBe(200);
  });

  it('a trusted authority that its parent revoked logs nobody in any more', async () => {
    const { der } = await makeLeaf(middle);
    expect(await logIn('middle', der)).toBe(200);
    await withLists({ parent: await list(root, { revoked: [middle.certificate.der] }) }, async () => {
      expect(await logIn('middle', der)).toBe(400);
      expect(await logIn('root', der, middle.certificate.der)).toBe(400);
      // A sibling's list says nothing of it.
    });
    await withLists({ parent: await list(root) }, async () => expect(await logIn('middle', der)).toBe(200));
  });

  it('a trusted authority reissued beside its revoked certificate goes on', async () => {
    const again = await makeIntermediate(root, 'Revoking Middle');
    await role('both', pem(middle.certificate.der) + pem(again.certificate.der));
    const { der } = await makeLeaf(middle);
    await withLists({ parent: await list(root, { revoked: [middle.certificate.der] }) }, async () => {
      expect(await logIn('both', der)).toBe(200);
    });
    const all = [middle.certificate.der, again.certificate.der];
    await withLists({ parent: await list(root, { revoked: all }) }, async () => {
      expect(await logIn('both', der)).toBe(400);
    });
  });

  it('a pinned certificate that is on the list of its authority is refused', async () => {
    const { der } = await makeLeaf(root);
    await role('pinned', pem(der));
    expect(await logIn('pinned', der)).toBe(200);
    await withLists({ parent: await list(root, { revoked: [der] }) }, async () => {
      expect(await logIn('pinned', der)).toBe(400);
    });
  });

  it.each([
    ['is out of date', { nextUpdate: -1, thisUpdate: -daySeconds }],
    ['is of the future', { thisUpdate: 61 }],
    ['is a delta without its base', { deltaBase: 3n }],
  ] as const)('fail closed: one that %s refuses its issuer’s clients and no others', async (_what, options) => {
    const { der } = await makeLeaf(root);
    const other = await makeRoot('Lists of nobody');
    await role('other', pem(other.certificate.der));
    const stranger = (await makeLeaf(other)).der;
    await withLists({ doubtful: await list(root, options) }, async () => {
      expect(await logIn('root', der)).toBe(400);
      expect(await logIn('other', stranger)).toBe(200);
    });
    expect(await logIn('root', der)).toBe(200);
  });

  it('a delta adds to its base', async () => {
    const { der } = await makeLeaf(root);
    const other = (await makeLeaf(root)).der;
    const delta = await list(root, { deltaBase: 7n, number: 8n, revoked: [der] });
    await withLists({ base: await list(root), delta }, async () => {
      expect(await logIn('root', der)).toBe(400);
      expect(await logIn('root', other)).toBe(200);
    });
  });

  it('fail closed: one signed by another of the same name does not stand in for the issuer’s own', async () => {
    const { der } = await makeLeaf(root);
    const revoked = (await makeLeaf(root)).der;
    const forger = await makeRoot('Forger');
    const namesake: TestAuthority = {
      ...forger,
      issuer: { ...forger.issuer, subject: root.certificate.subject },
    };
    const twin: TestAuthority = {
      ...namesake,
      issuer: { ...namesake.issuer, keyIdentifier: root.certificate.subjectKeyIdentifier },
    };
    for (const authority of [namesake, twin]) {
      await withLists({ own: await list(authority) }, async () => {
        expect(await logIn('root', der)).toBe(400);
      });
      // Beside the issuer’s own it is another key’s, as after a change of keys.
      await withLists({ own: await list(root, { revoked: [revoked] }), other: await list(authority) }, async () => {
        expect(await logIn('root', der)).toBe(200);
        expect(await logIn('root', revoked)).toBe(400);
      });
      // What it names is refused all the same.
      await withLists({ own: await list(root), other: await list(authority, { revoked: [der] }) }, async () => {
        expect(await logIn('root', der)).toBe(400);
      });
    }
  });

  it('a list whose issuer is spelled otherwise is of the same issuer (RFC 5280 7.1)', async () => {
    const { der } = await makeLeaf(root);
    const subject = Buffer.from(root.certificate.subject);
    subject[subject.indexOf(0x0c)] = 0x13; // PrintableString for UTF8String
    const spelled: TestAuthority = { ...root, issuer: { ...root.issuer, subject } };
    await withLists({ spelled: await list(spelled, { revoked: [der] }) }, async () => {
      expect(await logIn('root', der)).toBe(400);
    });
  });

  it('an older list of an issuer does not replace a newer one: replayed, it would hide what was revoked since', async () => {
    const { der } = await makeLeaf(root);
    const write = async (crl: string) => (await call('POST', 'auth/cert/crls/own', { crl })).status;
    await withLists({ own: await list(root, { number: 8n, revoked: [der] }) }, async () => {
      const older = await call('POST', 'auth/cert/crls/own', { crl: await list(root, { number: 7n }) });
      expect([older.status, older.json?.code]).toEqual([400, 'conflict']);
      expect(await logIn('root', der)).toBe(400);
      expect(await write(await list(root, { number: 8n, revoked: [der], nextUpdate: 2 * daySeconds }))).toBe(204);
      expect(await write(await list(root, { number: 9n, revoked: [der] }))).toBe(204);
      // Of another issuer it is another list; and the operator may delete what is there.
      expect(await write(await list(middle, { number: 1n }))).toBe(204);
      expect((await call('DELETE', 'auth/cert/crls/own')).status).toBe(204);
      expect(await write(await list(root, { number: 1n }))).toBe(204);
    });
  });

  it('a list in a name that cannot be read is refused, and is of nobody', async () => {
    const subject = Buffer.from(root.certificate.subject);
    subject[subject.indexOf(0x0c) + 2] = 0xff; // no UTF-8
    const unreadable = await list({ ...root, issuer: { ...root.issuer, subject } });
    const answer = await call('POST', 'auth/cert/crls/unreadable', { crl: unreadable });
    expect([answer.status, answer.json?.code]).toEqual([400, 'invalid_field']);
    expect(await logIn('root', (await makeLeaf(root)).der)).toBe(200);
  });

  it('a list is believed from the first request after unsealing on', async () => {
    const { der } = await makeLeaf(root);
    await withLists({ own: await list(root, { revoked: [der] }) }, async () => {
      expect((await call('POST', 'sys/seal')).status).toBe(204);
      await server.call('POST', 'sys/unseal', { body: { key: server.shares[0] as string } });
      expect(await logIn('root', der)).toBe(400);
      expect(await logIn('root', (await makeLeaf(root)).der)).toBe(200);
    });
  });

  it('holds at renewals', async () => {
    const { der } = await makeLeaf(middle);
    const { client_token: token } = (
      await server.call('POST', 'auth/cert/login', { body: { name: 'middle' }, clientCertificates: [der] })
    ).json.auth;
    const renew = async () =>
      (await server.call('POST', 'auth/token/renew-self', { token, body: {}, clientCertificates: [der] })).status;
    expect(await renew()).toBe(200);
    await withLists({ own: await list(middle, { revoked: [der] }) }, async () => expect(await renew()).toBe(400));
    await withLists({ parent: await list(root, { revoked: [middle.certificate.der] }) }, async () =>
      expect(await renew()).toBe(400),
    );
    // The token itself lives on to its end.
    expect((await server.call('GET', 'auth/token/lookup-self', { token })).status).toBe(200);
  });
});

describe('MTL-03: the CAs of this server', () => {
  it('a trusted intermediate that its parent here revoked logs nobody in any more', async () => {
    for (const path of ['upper', 'lower'])
      await call('POST', `sys/mounts/${path}`, { type: 'pki', config: { max_lease_ttl: '8760h' } });
    await call('POST', 'upper/root/generate/internal', { common_name: 'upper', key_type: 'ec', ttl: '8000h' });
    const { csr } = (
      await call('POST', 'lower/intermediate/generate/internal', { common_name: 'lower', key_type: 'ec' })
    ).json.data;
    const signed = (await call('POST', 'upper/root/sign-intermediate', { csr, common_name: 'lower', ttl: '4000h' }))
      .json.data;
    await call('POST', 'lower/intermediate/set-signed', { certificate: signed.certificate });
    await call('POST', 'lower/roles/client', { key_type: 'ec', allow_any_name: true, max_ttl: '720h' });
    await role('lower', signed.certificate);
    const issued = (await call('POST', 'lower/issue/client', { common_name: 'a.test', ttl: '48h' })).json.data;
    const { der } = parseCertificate(issued.certificate);
    expect(await logIn('lower', der)).toBe(200);
    const revoked = await call('POST', 'upper/revoke', { serial_number: signed.serial_number });
    expect(revoked.status, revoked.text).toBe(200);
    expect(await logIn('lower', der)).toBe(400);
    expect((await call('POST', 'sys/seal')).status).toBe(204);
    await server.call('POST', 'sys/unseal', { body: { key: server.shares[0] as string } });
    expect(await logIn('lower', der)).toBe(400);
  });
});

describe('the names of uploaded lists', () => {
  it('a rule about a name holds for each of its spellings', async () => {
    await call('POST', 'sys/policies/acl/lists', {
      policy: `path "auth/cert/crls/*" { capabilities = ["create", "update", "read", "delete"] }
               path "auth/cert/crls/kept" { capabilities = ["deny"] }`,
    });
    const { client_token: token } = (await call('POST', 'auth/token/create', { policies: ['lists'] })).json.auth;
    const crl = await list(root);
    await withLists({ kept: crl }, async () => {
      for (const name of ['kept', 'KEPT', 'Kept', '%20kept', 'kept%20']) {
        for (const method of ['GET', 'DELETE'])
          expect((await server.call(method, `auth/cert/crls/${name}`, { token })).status, name).not.toBeLessThan(400);
        expect(
          (await server.call('POST', `auth/cert/crls/${name}`, { token, body: { crl } })).status,
          name,
        ).not.toBeLessThan(400);
      }
      expect((await call('GET', 'auth/cert/crls/kept')).status).toBe(200);
    });
  });

  it('are listed in pages', async () => {
    const crl = await list(root);
    await withLists({ a: crl, b: crl, c: crl }, async () => {
      const keys = async (query: string) => (await call('LIST', `auth/cert/crls${query}`)).json.data.keys;
      expect(await keys('?limit=2')).toEqual(['a', 'b']);
      expect(await keys('?limit=2&after=b')).toEqual(['c']);
    });
  });
});
