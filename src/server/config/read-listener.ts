import { isIP } from 'node:net';
import { resolve } from 'node:path';
import type { HclBlock } from '../../lib/hcl/index.ts';
import { parseCidrList, StrongroomError } from '../../lib/index.ts';
import type { TlsSettings, TrustedProxies } from '../listeners/index.ts';
import type { ListenerConfig } from './server-config.ts';
import { refuseSetting, SettingReader } from './setting-reader.ts';

const ignored = [
  'cluster_address',
  'http_idle_timeout',
  'http_read_header_timeout',
  'http_read_timeout',
  'http_write_timeout',
  'max_request_duration',
  'tls_cipher_suites',
  'tls_prefer_server_cipher_suites',
  'disable_unauthed_rekey_endpoints',
  'disable_unauthed_generate_root_endpoints',
  'telemetry',
];

const mebibyte = 1_048_576;

/** One `listener "tcp"` stanza. */
export function readListener(file: string, block: HclBlock): { listener: ListenerConfig; notices: readonly string[] } {
  const kind = block.labels[0];
  if (kind !== 'tcp')
    refuseSetting(file, block.position, `listener "${kind}" is not known`, 'write listener "tcp" { … }');
  const reader = new SettingReader(file, 'listener "tcp"', block.body);
  const { address, port } = parseAddress(reader.text('address') ?? '127.0.0.1:8200', reader);
  const tls = readTls(reader);
  const acknowledged = reader.boolean('insecure_plain_http_on_network') === true;
  if (!tls && !isLoopback(address) && !acknowledged) {
    reader.refuse(
      'tls_disable',
      'plain HTTP is served on a loopback address only',
      'give tls_cert_file and tls_key_file, or listen on 127.0.0.1',
    );
  }
  const maxBodyBytes = reader.integer('max_request_size', { least: 1_024, most: 1_024 * mebibyte });
  const trustedProxies = readProxies(reader);
  const notices = reader.finish(ignored);
  return { listener: { address, port, tls, maxBodyBytes, trustedProxies }, notices };
}

export function parseAddress(text: string, reader: Pick<SettingReader, 'refuse'>): { address: string; port: number } {
  const found = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:]*)):(\d{1,5})$/.exec(text);
  const host = found?.[1] ?? found?.[2];
  const port = Number(found?.[3]);
  const address = host === 'localhost' ? '127.0.0.1' : host === '' ? '0.0.0.0' : host;
  if (address === undefined || isIP(address) === 0 || port > 65_535) {
    return reader.refuse(
      'address',
      '"address" is not an address with a port',
      'write "127.0.0.1:8200", "[::1]:8200" or "0.0.0.0:8200"',
    );
  }
  return { address, port };
}

export const isLoopback = (address: string): boolean => /^127\./.test(address) || address === '::1';

function readTls(reader: SettingReader): TlsSettings | undefined {
  const disabled = reader.boolean('tls_disable') === true;
  const certificateFile = reader.text('tls_cert_file');
  const keyFile = reader.text('tls_key_file');
  const version = reader.word('tls_min_version', ['tls12', 'tls13']);
  const clientCaFile = reader.text('tls_client_ca_file');
  const required = reader.boolean('tls_require_and_verify_client_cert') === true;
  const unasked = reader.boolean('tls_disable_client_certs') === true;
  if (disabled) {
    if (certificateFile !== undefined || keyFile !== undefined) {
      reader.refuse('tls_disable', 'TLS is disabled, but a certificate is given', 'take out one of the two');
    }
    if (required)
      reader.refuse('tls_disable', 'TLS is disabled, but client certificates are required', 'take out one of the two');
    return undefined;
  }
  if (certificateFile === undefined || keyFile === undefined) {
    return reader.refuseMissing(
      ['tls_cert_file', 'tls_key_file', 'tls_disable'],
      '"tls_cert_file" and "tls_key_file" are both needed',
      'or tls_disable = true on a loopback address',
    );
  }
  if (required && unasked)
    reader.refuse('tls_disable_client_certs', 'client certificates are both required and disabled');
  if (required && clientCaFile === undefined) {
    reader.refuse(
      'tls_require_and_verify_client_cert',
      '"tls_client_ca_file" is missing',
      'name the authority of the client certificates',
    );
  }
  return {
    certificateFile: resolve(certificateFile),
    keyFile: resolve(keyFile),
    minVersion: version === 'tls12' ? '1.2' : '1.3',
    clientCertificates: required ? 'require' : unasked ? 'none' : 'request',
    ...(clientCaFile !== undefined && { clientCaFile: resolve(clientCaFile) }),
  };
}

const proxySettings = [
  'x_forwarded_for_hop_skips',
  'x_forwarded_for_reject_not_present',
  'x_forwarded_for_reject_not_authorized',
] as const;

function readProxies(reader: SettingReader): TrustedProxies | undefined {
  const texts = reader.list('x_forwarded_for_authorized_addrs');
  const hopSkips = reader.integer('x_forwarded_for_hop_skips', { least: 0, most: 16 }) ?? 0;
  const rejectNotPresent = reader.boolean('x_forwarded_for_reject_not_present') ?? true;
  const rejectNotAuthorized = reader.boolean('x_forwarded_for_reject_not_authorized') ?? true;
  if (texts === undefined || texts.length === 0) {
    const idle = proxySettings.find((name) => reader.has(name));
    if (idle === undefined) return undefined;
    return reader.refuse(
      idle,
      `"${idle}" has no effect without proxies that are believed`,
      'name them: x_forwarded_for_authorized_addrs = ["10.0.0.0/8"]',
    );
  }
  try {
    return { addresses: parseCidrList(texts), hopSkips, rejectNotPresent, rejectNotAuthorized };
  } catch (error) {
    if (!(error instanceof StrongroomError)) throw error;
    return reader.refuse('x_forwarded_for_authorized_addrs', error.message, error.hint);
  }
}
