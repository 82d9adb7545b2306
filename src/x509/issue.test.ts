import { beforeAll, describe, expect, it } from 'vitest';
import { type KeyPairAlgorithm, keyPairAlgorithms, systemRandom } from '../crypto/index.ts';
import {
  buildTbsCertificate,
  type CertificateTemplate,
  fitKeyUsage,
  issueCertificate,
  newSerial,
  parseCertificate,
  profiles,
  SubjectPublicKey,
} from './index.ts';
import { certificateRules, inspectCertificate } from './lint/lint-certificate.ts';
import { findViolations, LintedTbs } from './lint/linted-tbs.ts';
import {
  leafTemplate,
  makeIntermediate,
  makeLeaf,
  makeRoot,
  type TestAuthority,
  testKey,
} from './testing/authority.ts';

let root: TestAuthority;

beforeAll(async () => {
  root = await makeRoot();
});

async function issue(changes: Partial<CertificateTemplate>, authority = root) {
  const template = leafTemplate(await testKey('leaf'), changes);
  return issueCertificate({ template, issuer: authority.issuer, sign: authority.sign });
}

describe('issuing', () => {
  it('answers bytes that say what the template said', async () => {
    const issued = await issue({});
    const certificate = parseCertificate(issued.der);
    expect(certificate.serial).toEqual(issued.serial);
    expect(certificate.issuer).toEqual(root.certificate.subject);
    expect(certificate.authorityKeyIdentifier).toEqual(root.certificate.subjectKeyIdentifier);
    expect(certificate.notAfterSeconds).toBe(issued.notAfterSeconds);
    expect(certificate.alternativeNames).toEqual([{ kind: 'dns', value: 'a.example.test' }]);
    expect(certificate.keyUsage).toEqual(['digitalSignature']);
  });

  it('a root names its own key as that of its issuer, by the identifier that it has', async () => {
    expect(root.certificate.authorityKeyIdentifier).toEqual(root.certificate.subjectKeyIdentifier);
    const chosen = await makeRoot('Chosen', 'ec-p256', { subjectKeyIdentifier: Buffer.alloc(20, 7) });
    expect(chosen.certificate.authorityKeyIdentifier).toEqual(Buffer.alloc(20, 7));
  });

  it('signs the very bytes that were linted, once', async () => {
    const seen: Buffer[] = [];
    const template = leafTemplate(await testKey('leaf'));
    const sign = (tbs: Uint8Array) => {
      seen.push(Buffer.from(tbs));
      return root.sign(tbs);
    };
    const { der } = await issueCertificate({ template, issuer: root.issuer, sign });
    expect(seen).toEqual([parseCertificate(der).tbs]);
  });

  it('lets nothing out when the signer used another key', async () => {
    const stranger = await testKey('stranger');
    const template = leafTemplate(await testKey('leaf'));
    const sign = (tbs: Uint8Array) => stranger.sign('ecdsa-sha256', tbs);
    await expect(issueCertificate({ template, issuer: root.issuer, sign })).rejects.toMatchObject({ code: 'internal' });
  });

  it('lets nothing out when the signature is damaged', async () => {
    const template = leafTemplate(await testKey('leaf'));
    const sign = async (tbs: Uint8Array) => {
      const signature = Buffer.from(await root.sign(tbs));
      signature[signature.length - 1] = (signature[signature.length - 1] as number) ^ 1;
      return signature;
    };
    await expect(issueCertificate({ template, issuer: root.issuer, sign })).rejects.toMatchObject({ code: 'internal' });
  });

  it('a failing signer’s own error comes through', async () => {
    const template = leafTemplate(await testKey('leaf'));
    const sign = () => Promise.reject(new TypeError('token gone'));
    await expect(issueCertificate({ template, issuer: root.issuer, sign })).rejects.toThrow('token gone');
  });

  it('PKI-24: unlinted bytes cannot be dressed up as linted', () => {
    expect(() => new LintedTbs({}, Buffer.from('3000', 'hex'), 'ed25519')).toThrow(TypeError);
  });

  it('PKI-10: 10^5 serial numbers are positive, 20 bytes, random and all different', () => {
    const seen = new Set<string>();
    for (let index = 0; index < 100_000; index += 1) {
      const serial = newSerial(systemRandom);
      expect(serial.length === 20 && ((serial[0] as number) & 0xc0) === 0x40).toBe(true);
      seen.add(serial.toString('latin1'));
    }
    expect(seen.size).toBe(100_000);
  });
});

describe('PKI-24: every profile with every kind of key passes every rule', () => {
  const leafProfiles = ['server', 'client', 'mtls', 'ocspResponder', 'mail', 'codeSigning'] as const;
  const cases = keyPairAlgorithms
    .filter((algorithm) => algorithm !== 'rsa-4096')
    .flatMap((algorithm) =>
      leafProfiles.map((profile): [KeyPairAlgorithm, (typeof leafProfiles)[number]] => [algorithm, profile]),
    );

  it.each(cases)('%s %s', async (algorithm, profile) => {
    const key = await testKey('leaf', algorithm);
    const publicKey = SubjectPublicKey.read(key.publicKey.spki);
    const template = leafTemplate(key, {
      ...profiles[profile],
      keyUsage: fitKeyUsage(profiles[profile].keyUsage, publicKey.kind),
    });
    const tbs = buildTbsCertificate(template, root.issuer);
    expect(findViolations(certificateRules, await inspectCertificate(tbs, template, root.issuer))).toEqual([]);
  });

  it.each(['rsa-2048', 'ec-p384', 'ec-p521', 'ed25519'] as const)(
    'a root, an intermediate and a leaf by a %s key',
    async (algorithm) => {
      const authority = await makeRoot(`Root ${algorithm}`, algorithm);
      const middle = await makeIntermediate(authority, `Middle ${algorithm}`, profiles.intermediate);
      expect((await makeLeaf(middle)).der.length).toBeGreaterThan(300);
    },
  );

  it.each(['rsa-sha512', 'rsa-pss-sha256', 'rsa-pss-sha384', 'rsa-pss-sha512'] as const)(
    'an RSA root signs by %s',
    async (scheme) => {
      const authority = await makeRoot('Test RSA', 'rsa-2048', {}, scheme);
      expect(parseCertificate((await makeLeaf(authority)).der).scheme).toBe(scheme);
    },
  );

  it('200 names of every kind', async () => {
    const kinds = ['dns', 'email', 'uri', 'ip'] as const;
    const values = (n: number) => [
      `h${n}.example.test`,
      `u${n}@example.test`,
      `spiffe://example.test/${n}`,
      `10.0.${n >> 8}.${n & 255}`,
    ];
    const alternativeNames = Array.from({ length: 200 }, (_, n) => ({
      kind: kinds[n % 4] ?? 'dns',
      value: values(n)[n % 4] ?? '',
    }));
    alternativeNames.push(
      { kind: 'dns', value: 'a.example.test' },
      { kind: 'dns', value: '*.example.test' },
      { kind: 'ip', value: '2001:db8::5' },
    );
    await expect(issue({ alternativeNames })).resolves.toBeDefined();
  });
});
