import 'reflect-metadata';
import { X509Certificate, X509Crl } from '@peculiar/x509';
import { describe, expect, it } from 'vitest';
import { systemRandom } from '../../src/crypto/index.ts';
import {
  encodeRevokedEntry,
  fitKeyUsage,
  issueCrl,
  newSerial,
  profiles,
  SubjectPublicKey,
} from '../../src/x509/index.ts';
import { makeIntermediate, makeLeaf, makeRoot, testKey, testNowSeconds } from '../../src/x509/testing/authority.ts';

/**
 * A third reader of our certificates, made of ASN.1 schemas. It costs about 0.5 ms a certificate and 20 MB once, four
 * times what issuing costs, so it stands here and not before each signature.
 */
const kinds = ['rsa-2048', 'ec-p256', 'ec-p384', 'ec-p521', 'ed25519'] as const;
const leafProfiles = ['server', 'client', 'mtls', 'ocspResponder', 'mail', 'codeSigning'] as const;

describe('PKI-24: a reader made of ASN.1 schemas reads the same as ours and encodes the same bytes', () => {
  it.each(kinds.flatMap((kind) => leafProfiles.map((profile) => [kind, profile] as const)))(
    '%s %s',
    async (kind, profile) => {
      const root = await makeRoot();
      const key = await testKey('leaf', kind);
      const publicKey = SubjectPublicKey.read(key.publicKey.spki);
      const { der } = await makeLeaf(
        root,
        {
          publicKey,
          ...profiles[profile],
          keyUsage: fitKeyUsage(profiles[profile].keyUsage, publicKey.kind),
          crlDistributionPoints: ['http://pki.example.test/crl/1'],
          authorityInfoAccess: { ocsp: ['http://pki.example.test/ocsp'], caIssuers: [] },
          policies: [{ oid: '2.23.140.1.2.1', cpsUri: 'http://pki.example.test/cps' }],
        },
        kind,
      );
      const certificate = new X509Certificate(new Uint8Array(der));
      expect(Buffer.from(certificate.rawData)).toEqual(der);
      expect(certificate.subject).toBe('CN=a.example.test');
      expect(certificate.extensions.map(({ type }) => type)).toEqual([
        '2.5.29.19',
        '2.5.29.15',
        '2.5.29.37',
        '2.5.29.14',
        '2.5.29.35',
        '2.5.29.17',
        '2.5.29.32',
        '2.5.29.31',
        '1.3.6.1.5.5.7.1.1',
      ]);
    },
  );

  it('a CA with constraints, and a CRL', async () => {
    const root = await makeRoot();
    const middle = await makeIntermediate(root, 'Third Middle', {
      ...profiles.intermediate,
      nameConstraints: { permitted: [{ kind: 'dns', base: 'example.test' }], excluded: [] },
      inhibitAnyPolicy: 0,
      policyConstraints: { requireExplicitPolicy: 0 },
    });
    expect(new X509Certificate(new Uint8Array(middle.certificate.der)).extensions).toHaveLength(7);
    const serials = [newSerial(systemRandom), newSerial(systemRandom)];
    const crl = new X509Crl(
      new Uint8Array(
        await issueCrl({
          template: {
            thisUpdateSeconds: testNowSeconds,
            nextUpdateSeconds: testNowSeconds + 3600,
            number: 3n,
            entries: serials.map((serial) =>
              encodeRevokedEntry({ serial, revokedAtSeconds: testNowSeconds, reason: 'superseded' }),
            ),
          },
          issuer: root.issuer,
          sign: root.sign,
        }),
      ),
    );
    expect(crl.entries.map(({ serialNumber }) => serialNumber)).toEqual(
      serials.map((serial) => serial.toString('hex')),
    );
  });
});
