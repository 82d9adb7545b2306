import { beforeAll, describe, expect, it } from 'vitest';
import { ManualClock } from '../../lib/index.ts';
import { assembleSigned } from '../certificate/index.ts';
import {
  buildTbsCertificate,
  type CertificateTemplate,
  emptyName,
  encodeDistinguishedName,
  extendedKeyUsageOids,
  parseCertificate,
  profiles,
} from '../index.ts';
import {
  authorityTemplate,
  commonName,
  leafTemplate,
  makeIntermediate,
  makeLeaf,
  makeRoot,
  type TestAuthority,
  testKey,
  testNowSeconds,
} from '../testing/authority.ts';
import { type ClientPathRequest, verifyClientPath } from './index.ts';

let root: TestAuthority;
let middle: TestAuthority;
let leaf: Buffer;

beforeAll(async () => {
  root = await makeRoot();
  middle = await makeIntermediate(root, 'Path Middle');
  leaf = (await makeLeaf(middle)).der;
});

const verify = (changes: Partial<ClientPathRequest> = {}) =>
  verifyClientPath({
    leafDer: leaf,
    intermediatesDer: [middle.certificate.der],
    anchorsDer: [root.certificate.der],
    clock: new ManualClock(testNowSeconds * 1000),
    purpose: 'clientAuth',
    ...changes,
  });

const failure = async (changes: Partial<ClientPathRequest>): Promise<string> => {
  const result = await verify(changes);
  return result.ok ? 'accepted' : result.failure;
};

/** A certificate that our issuing would refuse: signed without any check, as another CA's software might. */
function rogue(template: CertificateTemplate, authority: TestAuthority): Buffer {
  const tbs = buildTbsCertificate(template, authority.issuer);
  return assembleSigned(tbs, authority.issuer.scheme, authority.key.sign(authority.issuer.scheme, tbs));
}

async function rogueLeaf(changes: Partial<CertificateTemplate>, authority = middle): Promise<Buffer> {
  return rogue(leafTemplate(await testKey('leaf'), changes), authority);
}

/** An authority with a certificate made without checks. */
async function rogueAuthority(
  parent: TestAuthority,
  name: string,
  changes: Partial<CertificateTemplate>,
): Promise<TestAuthority> {
  const key = await testKey(name);
  const template = authorityTemplate(key, name, { notBeforeSeconds: testNowSeconds - 3600, ...changes });
  const certificate = parseCertificate(rogue(template, parent));
  const issuer = {
    ...parent.issuer,
    subject: template.subject,
    keyIdentifier: certificate.subjectKeyIdentifier,
    publicKey: template.publicKey,
  };
  return { certificate, issuer, key, sign: (tbs) => key.sign('ecdsa-sha256', tbs) };
}

describe('a client’s path', () => {
  it('is accepted through an intermediate up to a trusted root', async () => {
    const result = await verify();
    expect(result.ok && result.path.map((certificate) => certificate.der)).toEqual([
      leaf,
      middle.certificate.der,
      root.certificate.der,
    ]);
    expect(result.ok && result.pinned).toBe(false);
  });

  it('is accepted in any order of intermediates, with strangers and a trusted root among them', async () => {
    const other = await makeRoot('Stranger');
    const intermediatesDer = [other.certificate.der, root.certificate.der, middle.certificate.der];
    expect(await failure({ intermediatesDer })).toBe('accepted');
  });

  it('may end at a trusted intermediate', async () => {
    expect(await failure({ intermediatesDer: [], anchorsDer: [middle.certificate.der] })).toBe('accepted');
  });

  it('MTL-07: a root that only the client sent is not trusted', async () => {
    const own = await makeRoot('Own Root');
    const below = await makeIntermediate(own, 'Own Middle');
    const ownLeaf = (await makeLeaf(below)).der;
    const intermediatesDer = [below.certificate.der, own.certificate.der];
    expect(await failure({ leafDer: ownLeaf, intermediatesDer })).toBe('no_path');
    const namesake = await rogueAuthority(own, 'Namesake', {
      subject: root.certificate.subject,
      subjectKeyIdentifier: root.certificate.subjectKeyIdentifier,
    });
    expect(
      await failure({ leafDer: await rogueLeaf({}, namesake), intermediatesDer: [namesake.certificate.der] }),
    ).toBe('bad_signature');
  });

  it('MTL-07: no anchors, no trust', async () => {
    expect(await failure({ anchorsDer: [] })).toBe('no_path');
  });

  it('MTL-01: a pinned leaf is matched by all its bytes', async () => {
    expect(await failure({ intermediatesDer: [], anchorsDer: [leaf] })).toBe('accepted');
    const original = parseCertificate(leaf);
    const twinKey = await testKey('twin');
    const template = leafTemplate(twinKey, {
      serial: original.serial,
      subjectKeyIdentifier: original.subjectKeyIdentifier,
    });
    expect(await failure({ leafDer: rogue(template, middle), intermediatesDer: [], anchorsDer: [leaf] })).toBe(
      'no_path',
    );
  });

  it('MTL-05: a purpose or usage that is not for clients is refused', async () => {
    expect(await failure({ leafDer: await rogueLeaf({ extendedKeyUsage: [extendedKeyUsageOids.serverAuth] }) })).toBe(
      'purpose',
    );
    expect(await failure({ leafDer: await rogueLeaf({ keyUsage: ['keyAgreement'] }) })).toBe('key_usage');
    expect(await failure({ leafDer: await rogueLeaf({ extendedKeyUsage: [] }) })).toBe('accepted');
    expect(await failure({ leafDer: await rogueLeaf({ extendedKeyUsage: [], keyUsage: [] }) })).toBe('accepted');
  });

  it('MTL-05: a purpose the CA above does not have is refused, pinned leaves too', async () => {
    const servers = await rogueAuthority(root, 'Servers only', { extendedKeyUsage: [extendedKeyUsageOids.serverAuth] });
    const leafDer = await rogueLeaf({}, servers);
    expect(await failure({ leafDer, intermediatesDer: [servers.certificate.der] })).toBe('purpose');
    const server = await rogueLeaf({ extendedKeyUsage: [extendedKeyUsageOids.serverAuth] });
    expect(await failure({ leafDer: server, anchorsDer: [server] })).toBe('purpose');
  });

  it('MTL-06: certificates that are no CA sign nothing', async () => {
    const asAuthority = async (name: string, changes: Partial<CertificateTemplate>) => {
      const below = await rogueAuthority(middle, name, changes);
      const intermediatesDer = [below.certificate.der, middle.certificate.der];
      return failure({ leafDer: await rogueLeaf({}, below), intermediatesDer });
    };
    expect(await asAuthority('Leaf as CA', { ...profiles.mtls })).toBe('not_a_ca');
    expect(await asAuthority('False', { basicConstraints: { ca: false } })).toBe('not_a_ca');
    expect(await asAuthority('Without', { basicConstraints: undefined, keyUsage: [] })).toBe('not_a_ca');
    expect(await asAuthority('Not to sign', { basicConstraints: { ca: true }, keyUsage: ['digitalSignature'] })).toBe(
      'not_a_ca',
    );
    expect(await asAuthority('Proper', {})).toBe('accepted');
  });

  it('MTL-06: an authority is no client, unless it is trusted by itself', async () => {
    const both = await rogueAuthority(root, 'Both', { keyUsage: ['digitalSignature', 'keyCertSign'] });
    const leafDer = both.certificate.der;
    expect(await failure({ leafDer })).toBe('authority_as_client');
    expect(await failure({ leafDer: middle.certificate.der })).toBe('key_usage');
    expect(await failure({ leafDer, anchorsDer: [leafDer] })).toBe('accepted');
  });

  it('MTL-06: a pinned leaf does not vouch for others', async () => {
    const pinned = await rogueAuthority(root, 'Pinned leaf', { ...profiles.mtls });
    expect(await failure({ leafDer: await rogueLeaf({}, pinned), anchorsDer: [pinned.certificate.der] })).toBe(
      'not_a_ca',
    );
  });

  it('path lengths are counted', async () => {
    const zero = await makeIntermediate(root, 'Zero', profiles.intermediate);
    const below = await rogueAuthority(zero, 'Below zero', {});
    const intermediatesDer = [zero.certificate.der, below.certificate.der];
    expect(await failure({ leafDer: await rogueLeaf({}, below), intermediatesDer })).toBe('path_too_long');
    expect(await failure({ leafDer: await rogueLeaf({}, zero), intermediatesDer })).toBe('accepted');
  });

  it('chains of more than 8 certificates are refused', async () => {
    let authority = root;
    const intermediatesDer: Buffer[] = [];
    for (let depth = 0; depth < 8; depth += 1) {
      authority = await makeIntermediate(authority, `Deep ${depth}`);
      intermediatesDer.push(authority.certificate.der);
      const leafDer = (await makeLeaf(authority)).der;
      expect(await failure({ leafDer, intermediatesDer })).toBe(depth < 6 ? 'accepted' : 'path_too_long');
    }
  });

  it('MTL-13: dates are judged with 60 seconds of slack, for CAs as well', async () => {
    const at = (seconds: number) => failure({ clock: new ManualClock(seconds * 1000) });
    const { notBeforeSeconds, notAfterSeconds } = parseCertificate(leaf);
    expect(await at(notAfterSeconds + 60)).toBe('accepted');
    expect(await at(notAfterSeconds + 61)).toBe('expired');
    expect(await at(notBeforeSeconds - 60)).toBe('accepted');
    expect(await at(notBeforeSeconds - 61)).toBe('not_yet_valid');
    const short = await rogueAuthority(root, 'Short', { notAfterSeconds: testNowSeconds - 61 });
    expect(await failure({ leafDer: await rogueLeaf({}, short), intermediatesDer: [short.certificate.der] })).toBe(
      'expired',
    );
  });

  it('MTL-09: names outside a CA’s constraints are refused, in subjects too', async () => {
    const nameConstraints = {
      permitted: [{ kind: 'dns' as const, base: 'corp' }],
      excluded: [{ kind: 'directory' as const, der: commonName('Bad') }],
    };
    const bound = await rogueAuthority(root, 'Bound', { nameConstraints });
    const named = async (changes: Partial<CertificateTemplate>) => {
      const subject = encodeDistinguishedName([{ type: 'organization', value: 'x' }]);
      return failure({
        leafDer: await rogueLeaf({ subject, ...changes }, bound),
        intermediatesDer: [bound.certificate.der],
      });
    };
    const dns = (value: string) => ({ alternativeNames: [{ kind: 'dns' as const, value }] });
    expect(await named(dns('app.corp'))).toBe('accepted');
    for (const value of ['app.corp.evil', 'evilcorp', 'app.evil'])
      expect(await named(dns(value))).toBe('name_constraints');
    expect(await named({ alternativeNames: [], subject: commonName('app.evil') })).toBe('name_constraints');
    expect(await named({ ...dns('app.corp'), subject: commonName('BAD') })).toBe('name_constraints');
  });

  it('MTL-09: a NUL in a name makes the certificate unreadable', async () => {
    const der = await rogueLeaf({ alternativeNames: [{ kind: 'dns', value: 'app.corpx.evil' }] });
    const template = parseCertificate(der);
    const tbs = Buffer.from(template.tbs);
    tbs[tbs.indexOf('app.corpx') + 8] = 0;
    const leafDer = assembleSigned(tbs, 'ecdsa-sha256', middle.key.sign('ecdsa-sha256', tbs));
    expect(await failure({ leafDer })).toBe('malformed');
  });

  it('unknown critical extensions and demands for explicit policies are refused', async () => {
    const otherExtensions = [{ oid: '1.2.3.4', critical: true, value: Buffer.from('0500', 'hex') }];
    expect(await failure({ leafDer: await rogueLeaf({ otherExtensions }) })).toBe('unknown_critical_extension');
    const strict = await rogueAuthority(root, 'Strict', { policyConstraints: { requireExplicitPolicy: 0 } });
    expect(await failure({ leafDer: await rogueLeaf({}, strict), intermediatesDer: [strict.certificate.der] })).toBe(
      'explicit_policy_required',
    );
  });

  it('altered certificates are refused, wherever the bit is', async () => {
    for (let index = 0; index < leaf.length; index += 7) {
      const leafDer = Buffer.from(leaf);
      leafDer[index] = (leafDer[index] as number) ^ 1;
      expect(await failure({ leafDer })).not.toBe('accepted');
    }
  });

  it('revocation is asked for leaf and intermediates; doubt refuses', async () => {
    const asked: string[] = [];
    const nameOf = (der: Buffer | undefined) =>
      [leaf, middle.certificate.der, root.certificate.der].findIndex((known) => der?.equals(known));
    const isRevoked = (certificate: { der: Buffer }, issuer: { der: Buffer } | undefined) => {
      asked.push(`${nameOf(certificate.der)} by ${nameOf(issuer?.der)}`);
      return false;
    };
    expect(await failure({ isRevoked })).toBe('accepted');
    expect(asked).toEqual(['0 by 1', '1 by 2', '2 by 2']);
    asked.length = 0;
    expect(await failure({ isRevoked, anchorsDer: [middle.certificate.der] })).toBe('accepted');
    expect(asked).toEqual(['0 by 1', '1 by -1']);
    expect(await failure({ isRevoked: (certificate) => certificate.der.equals(middle.certificate.der) })).toBe(
      'revoked',
    );
    expect(await failure({ isRevoked: () => Promise.reject(new Error('list not loaded')) })).toBe('revocation_unknown');
    expect(await failure({ anchorsDer: [leaf], isRevoked: () => true })).toBe('revoked');
  });

  it('a revoked anchor is no anchor; another certificate of the same CA may be', async () => {
    const again = await makeIntermediate(root, 'Path Middle');
    const both = [middle.certificate.der, again.certificate.der];
    const revoking = (...revoked: Buffer[]) => ({
      intermediatesDer: [],
      anchorsDer: both,
      isRevoked: ({ der }: { der: Buffer }) => revoked.some((one) => one.equals(der)),
    });
    expect(await failure({ ...revoking(middle.certificate.der), anchorsDer: [middle.certificate.der] })).toBe(
      'revoked',
    );
    expect(await failure(revoking(middle.certificate.der))).toBe('accepted');
    expect(await failure(revoking(again.certificate.der))).toBe('accepted');
    expect(await failure(revoking(...both))).toBe('revoked');
    expect(await failure(revoking(leaf))).toBe('revoked');
    expect(
      await failure({ ...revoking(root.certificate.der), anchorsDer: [root.certificate.der], intermediatesDer: both }),
    ).toBe('revoked');
  });

  it('many crossed namesakes cost a bounded number of signatures', async () => {
    const subject = commonName('Maze');
    const makers = await Promise.all(
      Array.from({ length: 16 }, (_, n) => rogueAuthority(root, `Maze ${n}`, { subject })),
    );
    const crossed = makers.map((maker, n) =>
      rogue(authorityTemplate(maker.key, 'Maze', { subject }), makers[(n + 1) % 16] as TestAuthority),
    );
    const started = performance.now();
    const leafDer = await rogueLeaf({ subject: emptyName }, makers[0]);
    expect(await failure({ leafDer, intermediatesDer: crossed, anchorsDer: [middle.certificate.der] })).not.toBe(
      'accepted',
    );
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it('too many certificates and garbage are refused', async () => {
    expect(await failure({ intermediatesDer: Array(17).fill(middle.certificate.der) })).toBe('too_many_certificates');
    expect(await failure({ leafDer: Buffer.from('garbage') })).toBe('malformed');
    expect(await failure({ intermediatesDer: [Buffer.alloc(0)] })).toBe('malformed');
  });
});
