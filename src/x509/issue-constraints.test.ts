import { beforeAll, describe, expect, it } from 'vitest';
import {
  type CertificateTemplate,
  encodeDistinguishedName,
  extendedKeyUsageOids,
  issueCertificate,
  profiles,
} from './index.ts';
import {
  commonName,
  leafTemplate,
  makeIntermediate,
  makeRoot,
  refusalOf,
  type TestAuthority,
  testKey,
} from './testing/authority.ts';

let root: TestAuthority;
let counter = 0;

beforeAll(async () => {
  root = await makeRoot();
});

async function issue(changes: Partial<CertificateTemplate>, authority = root) {
  const template = leafTemplate(await testKey('leaf'), changes);
  return issueCertificate({ template, issuer: authority.issuer, sign: authority.sign });
}

const refusal = (changes: Partial<CertificateTemplate>, authority = root) => refusalOf(authority, changes);

describe('PKI-13: the rules of every CA above bind what is issued', () => {
  const constrained = (permitted: string[], excluded: string[]) => ({
    nameConstraints: {
      permitted: permitted.map((base) => ({ kind: 'dns' as const, base })),
      excluded: excluded.map((base) => ({ kind: 'dns' as const, base })),
    },
  });
  const named = (...values: string[]): Partial<CertificateTemplate> => ({
    subject: encodeDistinguishedName([{ type: 'organization', value: 'x' }]),
    alternativeNames: values.map((value) => ({ kind: 'dns' as const, value })),
  });
  const authorityWith = (changes: Partial<CertificateTemplate>) => {
    counter += 1;
    return makeIntermediate(root, `Constrained ${counter}`, changes);
  };

  it('no CA below a path length of 0', async () => {
    const middle = await authorityWith(profiles.intermediate);
    expect(await refusal({ ...profiles.intermediate, subject: commonName('Deeper') }, middle)).toMatch(/path length/);
    await expect(issue({}, middle)).resolves.toBeDefined();
  });

  it('a path length must shrink, also counted from a grandparent', async () => {
    const one = await authorityWith({ ...profiles.intermediate, basicConstraints: { ca: true, pathLength: 1 } });
    expect(await refusal({ ...profiles.intermediate, basicConstraints: { ca: true, pathLength: 1 } }, one)).toMatch(
      /path length/,
    );
    const two = await makeIntermediate(one, 'Unlimited below one', { basicConstraints: { ca: true } }, [
      one,
      root,
    ]).catch((error: Error) => error);
    expect(two).not.toBeInstanceOf(Error);
    expect(await refusal({ ...profiles.intermediate, subject: commonName('Third') }, two as TestAuthority)).toMatch(
      /path length/,
    );
  });

  it('names outside the permitted trees are refused, wildcards judged by what they could mean', async () => {
    const middle = await authorityWith(constrained(['example.test'], ['secret.example.test']));
    await expect(issue(named('a.example.test', 'example.test'), middle)).resolves.toBeDefined();
    for (const name of [
      'example.org',
      'badexample.test',
      'example.test.evil',
      'secret.example.test',
      'x.secret.example.test',
      '*.example.test',
      '*.secret.example.test',
    ]) {
      expect(await refusal(named(name), middle)).toMatch(/name constraints/);
    }
    await expect(issue(named('*.a.example.test'), middle)).resolves.toBeDefined();
  });

  it('a common name that looks like a host is judged when no alternative name says who it is', async () => {
    const middle = await authorityWith(constrained(['example.test'], []));
    const client = { extendedKeyUsage: [extendedKeyUsageOids.clientAuth], alternativeNames: [] };
    expect(await refusal({ ...client, subject: commonName('evil.org') }, middle)).toMatch(/name constraints/);
    await expect(issue({ ...client, subject: commonName('alice') }, middle)).resolves.toBeDefined();
  });

  it('an emailAddress attribute is judged as an email name', async () => {
    const middle = await authorityWith({
      nameConstraints: { permitted: [{ kind: 'email', base: 'example.test' }], excluded: [] },
    });
    const subject = encodeDistinguishedName([{ type: 'emailAddress', value: 'a@evil.org' }]);
    expect(await refusal({ subject }, middle)).toMatch(/name constraints/);
  });

  it('addresses are judged by mask, and kinds that no permitted list mentions are free', async () => {
    const nameConstraints = {
      permitted: [{ kind: 'ip' as const, address: Buffer.from([10, 0, 0, 0]), mask: Buffer.from([255, 0, 0, 0]) }],
      excluded: [],
    };
    const middle = await authorityWith({ nameConstraints });
    const ip = (value: string) => ({
      alternativeNames: [
        { kind: 'dns' as const, value: 'a.example.test' },
        { kind: 'ip' as const, value },
      ],
    });
    await expect(issue(ip('10.1.2.3'), middle)).resolves.toBeDefined();
    expect(await refusal(ip('11.1.2.3'), middle)).toMatch(/name constraints/);
    expect(await refusal(ip('2001:db8::1'), middle)).toMatch(/name constraints/);
  });

  it('a purpose the CA does not list is refused', async () => {
    const middle = await authorityWith({ extendedKeyUsage: [extendedKeyUsageOids.serverAuth] });
    expect(await refusal({}, middle)).toMatch(/extended key usage/);
    await expect(issue({ extendedKeyUsage: [extendedKeyUsageOids.serverAuth] }, middle)).resolves.toBeDefined();
  });
});
