import { describe, expect, it } from 'vitest';
import { DerReader, sequence, tags } from '../der/index.ts';
import {
  decodeAuthorityInfoAccess,
  decodeAuthorityKeyIdentifier,
  decodeBasicConstraints,
  decodeCertificatePolicies,
  decodeCrlDistributionPoints,
  decodeExtendedKeyUsage,
  decodeKeyUsage,
  decodeRequiresExplicitPolicy,
  decodeSubjectKeyIdentifier,
  encodeAuthorityInfoAccess,
  encodeAuthorityKeyIdentifier,
  encodeBasicConstraints,
  encodeCertificatePolicies,
  encodeCrlDistributionPoints,
  encodeExtendedKeyUsage,
  encodeInhibitAnyPolicy,
  encodeKeyUsage,
  encodePolicyConstraints,
  extendedKeyUsageOids,
  fitKeyUsage,
  mustStapleExtension,
  noRevocationAvailableExtension,
  ocspNoCheckExtension,
  readExtensions,
} from './index.ts';

/** Criticality and value of an extension's DER. */
function open(extension: Buffer): { critical: boolean; value: Buffer; hex: string } {
  const reader = new DerReader(extension).enter();
  reader.readOid();
  const critical = reader.readDefaultFalse();
  const value = reader.read(tags.octetString);
  return { critical, value, hex: value.toString('hex') };
}

describe('extensions have the bytes and the criticality of RFC 5280', () => {
  it.each([
    ['BC of a leaf', encodeBasicConstraints({ ca: false }), false, '3000'],
    ['BC of a CA', encodeBasicConstraints({ ca: true }), true, '30030101ff'],
    ['BC with path length 0', encodeBasicConstraints({ ca: true, pathLength: 0 }), true, '30060101ff020100'],
    ['KU digitalSignature', encodeKeyUsage(['digitalSignature']), true, '03020780'],
    ['KU with keyEncipherment', encodeKeyUsage(['keyEncipherment', 'digitalSignature']), true, '030205a0'],
    ['KU of a CA', encodeKeyUsage(['keyCertSign', 'cRLSign']), true, '03020106'],
    ['KU of a CA that signs OCSP', encodeKeyUsage(['digitalSignature', 'keyCertSign', 'cRLSign']), true, '03020186'],
    ['KU decipherOnly', encodeKeyUsage(['keyAgreement', 'decipherOnly']), true, '0303070880'],
    [
      'EKU server and client',
      encodeExtendedKeyUsage([extendedKeyUsageOids.serverAuth, extendedKeyUsageOids.clientAuth]),
      false,
      '301406082b0601050507030106082b06010505070302',
    ],
    ['EKU timeStamping', encodeExtendedKeyUsage([extendedKeyUsageOids.timeStamping]), true, '300a06082b06010505070308'],
    ['a policy', encodeCertificatePolicies([{ oid: '2.23.140.1.2.1' }]), false, '300a3008060667810c010201'],
    ['policyConstraints', encodePolicyConstraints({ requireExplicitPolicy: 0 }), true, '3003800100'],
    ['inhibitAnyPolicy', encodeInhibitAnyPolicy(0), true, '020100'],
    ['ocsp-nocheck', ocspNoCheckExtension, false, '0500'],
    ['noRevAvail', noRevocationAvailableExtension, false, '0500'],
    ['must-staple', mustStapleExtension, false, '3003020105'],
    ['AKI', encodeAuthorityKeyIdentifier(Buffer.alloc(20, 1)), false, `30168014${'01'.repeat(20)}`],
  ])('%s', (_name, extension, critical, hex) => {
    expect(open(extension)).toMatchObject({ critical, hex });
  });

  it('pointers come back', () => {
    const urls = ['http://a/1', 'http://b/2'];
    expect(decodeCrlDistributionPoints(open(encodeCrlDistributionPoints(urls)).value)).toEqual(urls);
    const access = { ocsp: ['http://a/o'], caIssuers: ['http://a/c', 'http://b/c'] };
    expect(decodeAuthorityInfoAccess(open(encodeAuthorityInfoAccess(access)).value)).toEqual(access);
    const policies = [{ oid: '1.2.3', cpsUri: 'http://a/cps' }, { oid: '1.2.4' }];
    expect(decodeCertificatePolicies(open(encodeCertificatePolicies(policies)).value)).toEqual(['1.2.3', '1.2.4']);
  });

  it('an authority key identifier by issuer and serial is read past', () => {
    const value = Buffer.from('300ca106a4043002310082020102', 'hex');
    expect(decodeAuthorityKeyIdentifier(value)).toBeUndefined();
  });
});

describe('malformed extensions are refused', () => {
  it.each([
    ['BC with an explicit FALSE', decodeBasicConstraints, '3003010100'],
    ['BC with a path length and no CA', decodeBasicConstraints, '3003020100'],
    ['BC with a negative path length', decodeBasicConstraints, '30060101ff0201ff'],
    ['BC with something left over', decodeBasicConstraints, '30080101ff0201000500'],
    ['KU without a bit', decodeKeyUsage, '030100'],
    ['KU with trailing zeros', decodeKeyUsage, '03020080'],
    ['KU with a bit nobody knows', decodeKeyUsage, '0303060040'],
    ['an empty EKU', decodeExtendedKeyUsage, '3000'],
    ['an empty SKI', decodeSubjectKeyIdentifier, '0400'],
    ['a SKI of 65 bytes', decodeSubjectKeyIdentifier, `0441${'00'.repeat(65)}`],
    ['a policy twice', decodeCertificatePolicies, '300c300406022a03300406022a03'],
    ['no policies', decodeCertificatePolicies, '3000'],
    ['empty policyConstraints', decodeRequiresExplicitPolicy, '3000'],
    ['no distribution points', decodeCrlDistributionPoints, '3000'],
    ['no access descriptions', decodeAuthorityInfoAccess, '3000'],
  ])('%s', (_name, decode: (value: Buffer) => unknown, hex) => {
    expect(() => decode(Buffer.from(hex, 'hex'))).toThrow(/malformed DER/);
  });

  it('a list that is empty, repeats an OID or is too long', () => {
    const list =
      (...members: Buffer[]) =>
      () =>
        readExtensions(new DerReader(sequence(...members)));
    const one = encodeBasicConstraints({ ca: false });
    expect(list()).toThrow(/malformed DER/);
    expect(list(one, one)).toThrow(/twice/);
    expect(list(one)).not.toThrow();
  });
});

describe('usages fitted to keys', () => {
  const wish = ['keyEncipherment', 'keyAgreement', 'digitalSignature'] as const;

  it('Vault’s default of three becomes what each key can do, in bit order', () => {
    expect(fitKeyUsage(wish, 'rsa')).toEqual(['digitalSignature', 'keyEncipherment']);
    expect(fitKeyUsage(wish, 'ec')).toEqual(['digitalSignature', 'keyAgreement']);
    expect(fitKeyUsage(wish, 'ed25519')).toEqual(['digitalSignature']);
  });
});
