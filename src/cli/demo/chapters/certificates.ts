import { checkMutualTls } from '../mutual-tls.ts';
import type { Stage } from '../stage.ts';
import { authOf, dataOf } from './tokens.ts';

export async function tellCertificates(stage: Stage): Promise<void> {
  const { narrator } = stage;
  narrator.chapter(
    '5. Certificates',
    'A root and an issuing CA whose keys are made inside the token and cannot leave it.',
  );
  await makeAuthorities(stage);
  await issueLeaves(stage);
  await logInByCertificate(stage);
}

async function makeAuthorities(stage: Stage): Promise<void> {
  const { narrator } = stage;
  await stage.cli(['secrets', 'enable', '-path=root-ca', '-max-lease-ttl=87600h', 'pki']);
  await stage.cli(['secrets', 'enable', '-path=pki', '-max-lease-ttl=43800h', 'pki']);
  const root = dataOf(
    (
      await stage.cli([
        'write',
        'root-ca/root/generate/internal',
        'common_name=Demo Root',
        'key_type=ec',
        'key_bits=256',
        'ttl=87600h',
      ])
    ).stdout,
  );
  stage.writeFile('root-ca.pem', `${root['certificate']}\n`);
  const keyId = String(root['key_id']);
  narrator.say('The private key of the root, as the token describes it:');
  const key = dataOf((await stage.cli(['read', `root-ca/key/${keyId}`])).stdout);
  const attributes = JSON.stringify(key);
  narrator.check(
    /"(?:never_extractable|neverExtractable)":true/.test(attributes) && /"sensitive":true/.test(attributes),
    'made in the token, sensitive, never extractable: read back from it',
  );
  narrator.say('An issuing CA below it: its request is signed by the root, the certificate goes back.');
  const request = dataOf(
    (
      await stage.cli([
        'write',
        'pki/intermediate/generate/internal',
        'common_name=Demo Issuing CA',
        'key_type=ec',
        'key_bits=256',
      ])
    ).stdout,
  );
  const csr = stage.writeFile('issuing-ca.csr', `${request['csr']}\n`);
  const signed = dataOf(
    (
      await stage.cli([
        'write',
        'root-ca/root/sign-intermediate',
        `csr=@${csr}`,
        'common_name=Demo Issuing CA',
        'ttl=43800h',
      ])
    ).stdout,
  );
  const certificate = stage.writeFile('issuing-ca.pem', `${signed['certificate']}\n`);
  await stage.cli(['write', 'pki/intermediate/set-signed', `certificate=@${certificate}`]);
}

async function issueLeaves(stage: Stage): Promise<void> {
  const { narrator } = stage;
  narrator.say(
    'A role says who may get what. Then a client certificate with a new key, and one for a key made elsewhere.',
  );
  await stage.cli([
    ...['write', 'pki/roles/shop', 'allowed_domains=shop.example', 'allow_subdomains=true'],
    ...['key_type=ec', 'key_bits=256', 'max_ttl=720h', 'client_flag=true', 'server_flag=true'],
  ]);
  await stage.cli(['cert', 'issue', 'shop', 'checkout.shop.example', '-ttl=72h', `-out=${stage.file('checkout')}`]);
  await stage.runProgram('openssl', [
    ...[
      'req',
      '-new',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-subj',
      '/CN=stock.shop.example',
    ],
    ...['-keyout', stage.file('stock.key'), '-out', stage.file('stock.csr')],
  ]);
  await stage.cli(['cert', 'sign', 'shop', stage.file('stock.csr'), '-ttl=72h', `-out=${stage.file('stock')}`]);
  for (const name of ['checkout', 'stock']) {
    const said = await stage.runProgram('openssl', [
      ...['verify', '-CAfile', stage.file('root-ca.pem'), '-untrusted', stage.file('issuing-ca.pem')],
      stage.file(`${name}.crt`),
    ]);
    narrator.check(said.trim().endsWith('OK'), `openssl verify accepts ${name}.crt`);
  }
  narrator.say('A TLS server that asks for client certificates of this root lets it in, and nobody without one.');
  const outcome = await checkMutualTls({
    serverCertificate: stage.readFile('tls/server-chain.pem'),
    serverKey: stage.readFile('tls/server.key'),
    serverAuthority: stage.readFile('tls/root.pem'),
    clientAuthority: stage.readFile('root-ca.pem'),
    clientCertificate: stage.readFile('checkout.crt') + stage.readFile('issuing-ca.pem'),
    clientKey: stage.readFile('checkout.key'),
  });
  narrator.answer(`with the certificate: ${outcome.withCertificate}; without: ${outcome.without}`);
  narrator.check(outcome.withCertificate === 'CN=checkout.shop.example', 'the handshake proves who the client is');
  narrator.check(outcome.without === 'refused', 'and fails without it');
}

async function logInByCertificate(stage: Stage): Promise<void> {
  const { narrator } = stage;
  narrator.say('The same certificate logs in to Strongroom by mutual TLS.');
  await stage.cli(['auth', 'enable', 'cert']);
  const authority = stage.writeFile('chain.pem', stage.readFile('root-ca.pem'));
  await stage.cli([
    ...['write', 'auth/cert/certs/shop', `certificate=@${authority}`],
    ...['allowed_common_names=*.shop.example', 'token_policies=shop', 'token_ttl=1h'],
  ]);
  stage.writeFile('checkout-chain.crt', stage.readFile('checkout.crt') + stage.readFile('issuing-ca.pem'));
  const clientCertificate = { certFile: stage.file('checkout-chain.crt'), keyFile: stage.file('checkout.key') };
  const args = ['login', '-method=cert', '-no-store', 'name=shop'];
  const login = await stage.cli(args, { token: '', clientCertificate });
  narrator.check(authOf(login.stdout).client_token.length > 20, 'it gets a token with the policies of the role');

  narrator.say('Revoke the certificate.');
  const shown = await stage.execute('openssl', ['x509', '-in', stage.file('checkout.crt'), '-noout', '-serial']);
  const serialNumber = shown.stdout.trim().replace(/^serial=/, '');
  const serial = (serialNumber.match(/../g) ?? []).join(':').toLowerCase();
  await stage.cli(['cert', 'revoke', serial]);
  const crl = stage.writeFile('issuing-ca.crl', (await stage.cli(['cert', 'crl', '-field=crl'])).stdout);
  const listed = await stage.execute('openssl', ['crl', '-in', crl, '-noout', '-text']);
  narrator.check(listed.stdout.includes(serialNumber), 'the revocation list has its serial number');
  const refused = await stage.cli(args, { token: '', clientCertificate, expect: 2 });
  narrator.check(refused.code === 2, 'the log-in is refused');
}
