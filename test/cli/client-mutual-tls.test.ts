import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { describe, expect, it } from 'vitest';
import { createClient } from '../../src/client/index.ts';
import { SecretText } from '../../src/lib/index.ts';
import { envelope, startResponder } from './responder.ts';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

interface Issued {
  readonly certificate: string;
  readonly key: string;
}

const makeKeys = () => crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);

type Keys = Awaited<ReturnType<typeof makeKeys>>;

async function keyPem(keys: Keys): Promise<string> {
  return x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
}

const validity = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) };

async function makeAuthority() {
  const keys = await makeKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=Test CA',
    keys,
    ...validity,
    signingAlgorithm: algorithm,
    extensions: [new x509.BasicConstraintsExtension(true, 1, true)],
  });
  const issue = async (name: string, address?: string): Promise<Issued> => {
    const own = await makeKeys();
    const leaf = await x509.X509CertificateGenerator.create({
      subject: `CN=${name}`,
      issuer: certificate.subject,
      publicKey: own.publicKey,
      signingKey: keys.privateKey,
      ...validity,
      signingAlgorithm: algorithm,
      extensions:
        address === undefined ? [] : [new x509.SubjectAlternativeNameExtension([{ type: 'ip', value: address }])],
    });
    return { certificate: leaf.toString('pem'), key: await keyPem(own) };
  };
  return { pem: certificate.toString('pem'), issue };
}

describe('TLS', () => {
  it('trusts the given CA alone and shows the client certificate', async () => {
    const ca = await makeAuthority();
    const server = await ca.issue('server', '127.0.0.1');
    const own = await ca.issue('client');
    await using responder = await startResponder(() => envelope({ ok: true }), {
      cert: server.certificate,
      key: server.key,
      ca: ca.pem,
      requestCert: true,
      rejectUnauthorized: true,
    });
    const address = responder.address;
    const client = createClient({
      address,
      caCert: ca.pem,
      clientCert: own.certificate,
      clientKey: new SecretText(own.key),
    });
    expect((await client.get('a')).data).toEqual({ ok: true });
    client.close();

    const without = createClient({ address, caCert: ca.pem });
    await expect(without.get('a')).rejects.toMatchObject({ name: 'ConnectionError' });
    without.close();

    const distrusting = createClient({ address });
    await expect(distrusting.get('a')).rejects.toMatchObject({ reason: 'untrusted_certificate' });
    distrusting.close();
  });

  it('refuses a certificate for another name, and accepts it only when told insecurely', async () => {
    const ca = await makeAuthority();
    const server = await ca.issue('server', '192.0.2.1');
    await using responder = await startResponder(() => envelope({}), { cert: server.certificate, key: server.key });
    const client = createClient({ address: responder.address, caCert: ca.pem });
    await expect(client.get('a')).rejects.toMatchObject({ reason: 'untrusted_certificate' });
    client.close();
    const careless = createClient({ address: responder.address, insecureSkipVerify: true });
    expect((await careless.get('a')).status).toBe(200);
    careless.close();
  });

  it('says so when the listener does not speak TLS', async () => {
    await using responder = await startResponder(() => envelope({}));
    const client = createClient({ address: responder.address.replace('http:', 'https:') });
    await expect(client.get('a')).rejects.toMatchObject({ reason: 'protocol_mismatch' });
    client.close();
  });

  it('names a key that cannot be used before anything is sent, without showing it', () => {
    const make = () =>
      createClient({ address: 'https://127.0.0.1:1', clientCert: 'nope', clientKey: new SecretText('CANARYkey') });
    expect(make).toThrow('cannot be used');
    expect(make).not.toThrow('CANARY');
  });
});
