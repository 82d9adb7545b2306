import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { extendedKeyUsageOids, parseCertificate, parseCsr, SubjectPublicKey } from '../../src/x509/index.ts';

const run = promisify(execFile);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strongroom-x509-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Output of openssl, both streams; rejects when it fails. */
async function openssl(...args: string[]): Promise<string> {
  const { stdout, stderr } = await run('openssl', args, { maxBuffer: 64 * 1024 * 1024 });
  return stdout + stderr;
}

describe('we read what OpenSSL makes', () => {
  it.each(['rsa:2048', 'ec:P-256', 'ec:P-384', 'ed25519'])('requests and certificates with a %s key', async (kind) => {
    const [type, parameter] = kind.split(':') as [string, string | undefined];
    const options = type === 'ec' ? ['ec', '-pkeyopt', `ec_paramgen_curve:${parameter}`] : [kind];
    const key = join(folder, 'openssl.key');
    const common = [
      '-newkey',
      ...options,
      '-nodes',
      '-keyout',
      key,
      '-subj',
      '/C=DE/O=Example/CN=o.example.test',
      '-addext',
      'subjectAltName=DNS:o.example.test,IP:192.0.2.9',
      '-addext',
      'extendedKeyUsage=clientAuth',
    ];
    const requestFile = join(folder, 'openssl.csr');
    await openssl('req', '-new', '-out', requestFile, ...common);
    const request = parseCsr(await run('cat', [requestFile]).then(({ stdout }) => stdout));
    expect(request.subjectAttributes.map(({ type: name, value }) => `${name}=${value}`)).toEqual([
      'country=DE',
      'organization=Example',
      'commonName=o.example.test',
    ]);
    expect(request.alternativeNames).toEqual([
      { kind: 'dns', value: 'o.example.test' },
      { kind: 'ip', value: '192.0.2.9' },
    ]);
    expect(request.extendedKeyUsage).toEqual([extendedKeyUsageOids.clientAuth]);
    const { stdout } = await run('openssl', ['req', '-x509', ...common]);
    const certificate = parseCertificate(stdout);
    const publicKey = SubjectPublicKey.read(certificate.spki);
    expect(
      certificate.scheme !== undefined && publicKey.verify(certificate.scheme, certificate.tbs, certificate.signature),
    ).toBe(true);
  });

  it('PKI-11: weak requests are refused: RSA-1024, SHA-1, explicit curve parameters, other curves', async () => {
    const key = join(folder, 'weak.key');
    const request = async (...options: string[]) => {
      const { stdout } = await run('openssl', ['req', '-new', '-nodes', '-keyout', key, '-subj', '/CN=w', ...options]);
      return stdout;
    };
    expect(() => parseCsr('')).toThrow();
    const weak = [
      await request('-newkey', 'rsa:1024'),
      await request('-newkey', 'rsa:2048', '-sha1'),
      await request('-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:secp256k1'),
      await request('-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-pkeyopt', 'ec_param_enc:explicit'),
    ];
    for (const text of weak) expect(() => parseCsr(text)).toThrow(/refused|does not verify/);
  });
});
