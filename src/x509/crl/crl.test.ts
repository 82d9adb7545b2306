import { beforeAll, describe, expect, it } from 'vitest';
import { systemRandom } from '../../crypto/index.ts';
import { issueCrl, newSerial } from '../index.ts';
import { encodePem } from '../pem/pem.ts';
import { makeRoot, type TestAuthority, testNowSeconds } from '../testing/authority.ts';
import {
  type CrlTemplate,
  encodeRevokedEntry,
  parseCrl,
  type RevocationReason,
  revocationReasons,
  serialKey,
} from './index.ts';

let root: TestAuthority;

beforeAll(async () => {
  root = await makeRoot();
});

const template = (changes: Partial<CrlTemplate> = {}): CrlTemplate => ({
  thisUpdateSeconds: testNowSeconds,
  nextUpdateSeconds: testNowSeconds + 72 * 3600,
  number: 7n,
  entries: [],
  ...changes,
});
const issue = (changes: Partial<CrlTemplate> = {}, previousNumber?: bigint, authority = root) =>
  issueCrl({ template: template(changes), issuer: authority.issuer, sign: authority.sign, previousNumber });
const entry = (serial: Buffer, reason?: RevocationReason) =>
  encodeRevokedEntry({ serial, revokedAtSeconds: testNowSeconds - 60, reason });

describe('revocation lists', () => {
  it('without entries have no list at all', async () => {
    const crl = parseCrl(await issue());
    expect(crl.revoked.size).toBe(0);
    expect(crl.number).toBe(7n);
    expect(crl.issuer).toEqual(root.certificate.subject);
    expect(crl.authorityKeyIdentifier).toEqual(root.certificate.subjectKeyIdentifier);
    expect(root.issuer.publicKey.verify('ecdsa-sha256', crl.tbs, crl.signature)).toBe(true);
  });

  it('entries have the sizes that streaming joins count on', () => {
    const serial = newSerial(systemRandom);
    expect(entry(serial).length).toBe(39);
    expect(entry(serial, 'unspecified').length).toBe(39);
    expect(entry(serial, 'keyCompromise').length).toBe(53);
  });

  it('every reason comes back, with its serial and time', async () => {
    const reasons = (Object.keys(revocationReasons) as RevocationReason[]).filter(
      (reason) => reason !== 'removeFromCRL',
    );
    const serials = reasons.map(() => newSerial(systemRandom));
    const crl = parseCrl(
      encodePem('X509 CRL', await issue({ entries: serials.map((serial, index) => entry(serial, reasons[index])) })),
    );
    expect(serials.map((serial) => crl.revoked.get(serialKey(serial)))).toEqual(
      reasons.map((reason) => ({ revokedAtSeconds: testNowSeconds - 60, reason })),
    );
  });

  it('PKI-15: the number must rise, a delta may share it with its full list', async () => {
    await expect(issue({ number: 7n }, 7n)).rejects.toMatchObject({ code: 'internal' });
    await expect(issue({ number: 6n }, 7n)).rejects.toMatchObject({ code: 'internal' });
    await expect(issue({ number: 8n }, 7n)).resolves.toBeDefined();
    const delta = parseCrl(await issue({ number: 8n, deltaBaseNumber: 7n }, 8n));
    expect(delta.deltaBaseNumber).toBe(7n);
    await expect(issue({ number: 8n, deltaBaseNumber: 9n })).rejects.toMatchObject({ code: 'internal' });
  });

  it('PKI-15: nextUpdate must lie after thisUpdate and within a year', async () => {
    await expect(issue({ nextUpdateSeconds: testNowSeconds })).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(issue({ nextUpdateSeconds: testNowSeconds + 400 * 86_400 })).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });

  it('PKI-15: a list signed by another key, or by a CA without cRLSign, does not come out', async () => {
    const other = await makeRoot('Other Root');
    await expect(issueCrl({ template: template(), issuer: root.issuer, sign: other.sign })).rejects.toMatchObject({
      code: 'internal',
    });
    const mute = await makeRoot('Mute Root', 'ec-p256', { keyUsage: ['keyCertSign'] });
    await expect(issue({}, undefined, mute)).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('the same serial twice, a wrong count, or removeFromCRL in a full list do not come out', async () => {
    const serial = newSerial(systemRandom);
    await expect(issue({ entries: [entry(serial), entry(serial)] })).rejects.toMatchObject({ code: 'internal' });
    await expect(issue({ entries: [entry(serial)], entryCount: 2 })).rejects.toMatchObject({ code: 'internal' });
    await expect(issue({ entries: [entry(serial, 'removeFromCRL')] })).rejects.toMatchObject({ code: 'internal' });
    await expect(issue({ entries: [entry(serial, 'removeFromCRL')], deltaBaseNumber: 1n })).resolves.toBeDefined();
  });

  it('issuing distribution points come back; a list never covers leaves and authorities apart at once', async () => {
    const point = { urls: ['http://pki.example.test/crl/1'], covers: 'authorities' as const };
    const crl = parseCrl(await issue({ issuingDistributionPoint: point }));
    expect(crl.issuingDistributionPoint).toEqual(point);
    expect(crl.extensions.get('2.5.29.28')?.critical).toBe(true);
    await expect(issue({ issuingDistributionPoint: { urls: ['ldap://x/y'] } })).rejects.toMatchObject({
      code: 'internal',
    });
  });

  it('one changed byte is noticed by the reader or by the signature', async () => {
    const der = await issue({ entries: [entry(newSerial(systemRandom), 'superseded')] });
    for (let index = 0; index < der.length; index += 1) {
      const forged = Buffer.from(der);
      forged[index] = (forged[index] as number) ^ 1;
      let valid = false;
      try {
        const crl = parseCrl(forged);
        valid = crl.scheme !== undefined && root.issuer.publicKey.verify(crl.scheme, crl.tbs, crl.signature);
      } catch {
        valid = false;
      }
      expect(valid).toBe(false);
    }
  });

  // Judged by the processor's time: a busy machine may take its time.
  it('10^5 entries, given singly or joined, are one list made in a moment', { timeout: 60_000 }, async () => {
    const entries = Array.from({ length: 100_000 }, () => entry(newSerial(systemRandom), 'superseded'));
    const started = process.threadCpuUsage();
    const der = await issue({ entries, entryCount: 100_000 });
    // Build, strict read back, two signatures; a second of the processor is ten times what it takes.
    expect(process.threadCpuUsage(started).user / 1_000).toBeLessThan(3_000);
    expect(der.length).toBeGreaterThan(5_300_000);
    const joined = parseCrl(await issue({ entries: [Buffer.concat(entries)] }));
    expect(joined.tbs.equals(parseCrl(der).tbs)).toBe(true);
  });
});
