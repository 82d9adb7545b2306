import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type KeyPairAlgorithm, systemRandom } from '../../src/crypto/index.ts';
import {
  buildCsr,
  encodeCertsOnly,
  encodePem,
  encodeRevokedEntry,
  issueCrl,
  newSerial,
  parseCertificate,
  profiles,
  SubjectPublicKey,
} from '../../src/x509/index.ts';
import {
  commonName,
  makeIntermediate,
  makeLeaf,
  makeRoot,
  type TestAuthority,
  testKey,
  testNowSeconds,
} from '../../src/x509/testing/authority.ts';

const run = promisify(execFile);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strongroom-x509-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function file(name: string, content: string | Buffer): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

/** Output of openssl, both streams; rejects when it fails. */
async function openssl(...args: string[]): Promise<string> {
  const { stdout, stderr } = await run('openssl', args, { maxBuffer: 64 * 1024 * 1024 });
  return stdout + stderr;
}

const pem = (der: Buffer): string => encodePem('CERTIFICATE', der);
const pointers = {
  crlDistributionPoints: ['http://pki.example.test/crl/1'],
  authorityInfoAccess: { ocsp: ['http://pki.example.test/ocsp'], caIssuers: ['http://pki.example.test/ca.der'] },
};

async function makeChain(
  algorithm: KeyPairAlgorithm,
): Promise<{ root: TestAuthority; middle: TestAuthority; leaf: Buffer }> {
  const root = await makeRoot(`OpenSSL ${algorithm}`, algorithm);
  const middle = await makeIntermediate(root, `OpenSSL Middle ${algorithm}`, { ...profiles.intermediate, ...pointers });
  return { root, middle, leaf: (await makeLeaf(middle, pointers)).der };
}

async function verifyChain(
  name: string,
  anchor: Buffer,
  between: Buffer[],
  leaf: Buffer,
  ...more: string[]
): Promise<string> {
  const rootFile = await file(`${name}-root.pem`, pem(anchor));
  const betweenFile = await file(`${name}-between.pem`, between.map(pem).join(''));
  const leafFile = await file(`${name}-leaf.pem`, pem(leaf));
  return openssl(
    'verify',
    '-x509_strict',
    '-policy_check',
    '-attime',
    String(testNowSeconds),
    '-CAfile',
    rootFile,
    '-untrusted',
    betweenFile,
    ...more,
    leafFile,
  );
}

describe('OpenSSL accepts what we make', () => {
  it.each(['rsa-2048', 'rsa-3072', 'ec-p256', 'ec-p384', 'ec-p521', 'ed25519'] as const)(
    'chains of a %s root, strictly checked',
    async (algorithm) => {
      const { root, middle, leaf } = await makeChain(algorithm);
      for (const purpose of ['sslserver', 'sslclient']) {
        const output = await verifyChain(
          algorithm,
          root.certificate.der,
          [middle.certificate.der],
          leaf,
          '-purpose',
          purpose,
        );
        expect(output).toMatch(/: OK/);
      }
    },
  );

  it.each(['rsa-pss-sha256', 'rsa-pss-sha384', 'rsa-pss-sha512', 'rsa-sha384', 'rsa-sha512'] as const)(
    'signatures by %s',
    async (scheme) => {
      const root = await makeRoot('OpenSSL RSA', 'rsa-2048', {}, scheme);
      const { der } = await makeLeaf(root);
      expect(await verifyChain(scheme, root.certificate.der, [root.certificate.der], der)).toMatch(/: OK/);
    },
  );

  it('name constraints, policies and an empty subject', async () => {
    const root = await makeRoot('OpenSSL Rules');
    const middle = await makeIntermediate(root, 'OpenSSL Rules Middle', {
      ...profiles.intermediate,
      policies: [{ oid: '2.23.140.1.2.1' }, { oid: '1.3.6.1.4.1.99999.1', cpsUri: 'http://pki.example.test/cps' }],
      nameConstraints: {
        permitted: [{ kind: 'dns', base: 'example.test' }],
        excluded: [{ kind: 'ip', address: Buffer.from([10, 0, 0, 0]), mask: Buffer.from([255, 0, 0, 0]) }],
      },
    });
    const { der } = await makeLeaf(middle, {
      subject: Buffer.from('3000', 'hex'),
      policies: [{ oid: '2.23.140.1.2.1' }],
      mustStaple: true,
    });
    expect(await verifyChain('rules', root.certificate.der, [middle.certificate.der], der)).toMatch(/: OK/);
    const shown = await openssl('x509', '-in', join(folder, 'rules-between.pem'), '-noout', '-text');
    expect(shown).toContain(
      'Permitted:\n                  DNS:example.test\n                Excluded:\n                  IP:10.0.0.0/255.0.0.0',
    );
  });

  it('every alternative name is shown as it was meant', async () => {
    const root = await makeRoot();
    const { der } = await makeLeaf(root, {
      alternativeNames: [
        { kind: 'dns', value: 'a.example.test' },
        { kind: 'ip', value: '2001:db8::1' },
        { kind: 'email', value: 'a@example.test' },
        { kind: 'uri', value: 'spiffe://example.test/w' },
        { kind: 'other', oid: '1.3.6.1.4.1.311.20.2.3', value: 'user@corp' },
      ],
    });
    const shown = await openssl('x509', '-in', await file('names.pem', pem(der)), '-noout', '-ext', 'subjectAltName');
    expect(shown).toContain(
      'DNS:a.example.test, IP Address:2001:DB8:0:0:0:0:0:1, email:a@example.test, URI:spiffe://example.test/w, othername: UPN::user@corp',
    );
  });

  it('CRLs verify, and a leaf on one is refused', async () => {
    const root = await makeRoot('OpenSSL CRL');
    const { der } = await makeLeaf(root, { crlDistributionPoints: ['http://pki.example.test/crl/1'] });
    const entry = encodeRevokedEntry({
      serial: parseCertificate(der).serial,
      revokedAtSeconds: testNowSeconds - 60,
      reason: 'keyCompromise',
    });
    const crl = async (entries: Buffer[], number: bigint) =>
      issueCrl({
        template: {
          thisUpdateSeconds: testNowSeconds - 60,
          nextUpdateSeconds: testNowSeconds + 3600,
          number,
          entries,
          issuingDistributionPoint: { urls: ['http://pki.example.test/crl/1'], covers: 'leaves' },
        },
        issuer: root.issuer,
        sign: root.sign,
      });
    const empty = await file('empty.crl.pem', encodePem('X509 CRL', await crl([], 1n)));
    const full = await file('full.crl.pem', encodePem('X509 CRL', await crl([entry], 2n)));
    const rootFile = await file('crl-root.pem', pem(root.certificate.der));
    expect(await openssl('crl', '-in', full, '-noout', '-CAfile', rootFile, '-crlnumber')).toBe(
      'crlNumber=0x02\nverify OK\n',
    );
    expect(await openssl('crl', '-in', full, '-noout', '-text')).toMatch(
      /Issuing Distribution Point: critical[\s\S]*Key Compromise/,
    );
    const check = ['-crl_check', '-extended_crl', '-CRLfile'];
    expect(await verifyChain('crl', root.certificate.der, [root.certificate.der], der, ...check, empty)).toMatch(
      /: OK/,
    );
    await expect(verifyChain('crl', root.certificate.der, [root.certificate.der], der, ...check, full)).rejects.toThrow(
      /certificate revoked/,
    );
  });

  it('delta CRLs are understood', async () => {
    const root = await makeRoot('OpenSSL CRL');
    const template = {
      thisUpdateSeconds: testNowSeconds,
      nextUpdateSeconds: testNowSeconds + 3600,
      number: 5n,
      deltaBaseNumber: 4n,
    };
    const entries = [
      encodeRevokedEntry({
        serial: newSerial(systemRandom),
        revokedAtSeconds: testNowSeconds,
        reason: 'removeFromCRL',
      }),
    ];
    const delta = await issueCrl({ template: { ...template, entries }, issuer: root.issuer, sign: root.sign });
    const shown = await openssl('crl', '-in', await file('delta.pem', encodePem('X509 CRL', delta)), '-noout', '-text');
    expect(shown).toMatch(/X509v3 Delta CRL Indicator: critical\s+4\s/);
    expect(shown).toContain('Remove From CRL');
  });

  it('certification requests verify', async () => {
    for (const algorithm of ['rsa-2048', 'ec-p256', 'ec-p521', 'ed25519'] as const) {
      const key = await testKey('request', algorithm);
      const publicKey = SubjectPublicKey.read(key.publicKey.spki);
      const scheme =
        algorithm === 'rsa-2048'
          ? 'rsa-sha256'
          : algorithm === 'ec-p256'
            ? 'ecdsa-sha256'
            : algorithm === 'ec-p521'
              ? 'ecdsa-sha512'
              : 'ed25519';
      const der = await buildCsr(
        {
          subject: commonName('request.example.test'),
          publicKey,
          alternativeNames: [{ kind: 'dns', value: 'request.example.test' }],
          basicConstraints: { ca: true },
        },
        (tbs) => key.sign(scheme, tbs),
      );
      const path = await file(`${algorithm}.csr.pem`, encodePem('CERTIFICATE REQUEST', der));
      expect(await openssl('req', '-in', path, '-noout', '-verify', '-text')).toMatch(
        /verify OK[\s\S]*CA:TRUE|CA:TRUE[\s\S]*verify OK/,
      );
    }
  });

  it('every document is DER throughout', async () => {
    const { root, middle, leaf } = await makeChain('ec-p256');
    for (const [index, der] of [
      root.certificate.der,
      middle.certificate.der,
      leaf,
      encodeCertsOnly([leaf]),
    ].entries()) {
      expect(await openssl('asn1parse', '-inform', 'DER', '-in', await file(`${index}.der`, der))).not.toMatch(
        /l= *inf|error/i,
      );
    }
    const bundle = await file('bundle.p7b', encodeCertsOnly([leaf, middle.certificate.der]));
    expect(
      (await openssl('pkcs7', '-inform', 'DER', '-in', bundle, '-print_certs', '-noout')).match(/subject=/g),
    ).toHaveLength(2);
  });
});
