import { afterAll, beforeAll, expect, it } from 'vitest';
import { ManualClock } from '../../src/lib/index.ts';
import { encodePem, parseCertificate, SubjectPublicKey } from '../../src/x509/index.ts';
import {
  authorityTemplate,
  commonName,
  makeForeignLeaf,
  makeRoot,
  type TestAuthority,
  testKey,
  testNowSeconds,
} from '../../src/x509/testing/authority.ts';
import { startServer, type TestServer } from '../harness/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ clock: new ManualClock(testNowSeconds * 1000) });
  await server.root('POST', 'sys/auth/cert', { type: 'cert' });
});
afterAll(() => server.stop());

/** A client's own authorities of one name, each signed by the next: every one could be above every other. */
async function maze(size: number): Promise<{ leaf: Buffer; crossed: Buffer[] }> {
  const subject = commonName('Maze');
  const makers: TestAuthority[] = [];
  for (let count = 0; count < size; count += 1) {
    const key = await testKey(`maze ${count}`, 'ec-p521');
    const root = await makeRoot('Maze', 'ec-p521');
    const publicKey = SubjectPublicKey.read(key.publicKey.spki);
    makers.push({ ...root, key, issuer: { ...root.issuer, subject, publicKey, keyIdentifier: undefined } });
  }
  const crossed = await Promise.all(
    makers.map(async (maker, count) => {
      const template = authorityTemplate(maker.key, 'Maze', { subjectKeyIdentifier: 'omit' });
      return (await makeForeignLeaf(makers[(count + 1) % size] as TestAuthority, template)).der;
    }),
  );
  return { leaf: (await makeForeignLeaf(makers[0] as TestAuthority)).der, crossed };
}

it('MTL-11: a maze of the client’s own certificates is searched once, however many roles there are', async () => {
  const { leaf, crossed } = await maze(8);
  expect(crossed.map((der) => parseCertificate(der).subject.equals(commonName('Maze')))).not.toContain(false);
  const certificate = encodePem('CERTIFICATE', (await makeRoot('Maze Trusted')).certificate.der);
  const cost = async (): Promise<number> => {
    const before = process.cpuUsage();
    const answer = await server.call('POST', 'auth/cert/login', { body: {}, clientCertificates: [leaf, ...crossed] });
    expect(answer.status).toBe(400);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
  await server.root('POST', 'auth/cert/certs/role-0', { certificate });
  const one = Math.min(await cost(), await cost(), await cost());
  for (let count = 1; count < 100; count += 1)
    await server.root('POST', `auth/cert/certs/role-${count}`, { certificate });
  const hundred = Math.min(await cost(), await cost());
  expect(hundred).toBeLessThan(one * 10);
});
