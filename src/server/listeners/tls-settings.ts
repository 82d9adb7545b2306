import { createSecureContext, type SecureContextOptions, type TlsOptions } from 'node:tls';
import { tlsServerOptions, tlsWithoutTickets } from '../../crypto/index.ts';
import { StrongroomError } from '../../lib/index.ts';
import { readPrivateFile, readPublicFile } from './private-file.ts';

/** TLS of one listener. Files are read again by `reloadTls`. */
export interface TlsSettings {
  /** PEM: the server's certificate and what it needs up to, not including, the root. */
  readonly certificateFile: string;
  /** PEM, readable by its owner alone. */
  readonly keyFile: string;
  /** '1.3' unless said otherwise. */
  readonly minVersion?: '1.2' | '1.3';
  /**
   * 'request' (the default): a client may present a certificate, and whoever authenticates by it verifies it.
   * 'require': the handshake fails without one that `clientCaFile` vouches for. 'none': clients are not asked.
   */
  readonly clientCertificates?: 'request' | 'require' | 'none';
  /** PEM: whose certificates clients should present. Needed by 'require'; with 'request' a hint to the client only. */
  readonly clientCaFile?: string;
}

/** AEAD with an ephemeral key exchange, no other (RFC 9325 4.2). The first three are those of TLS 1.3. */
const suites = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
].join(':');

const groups = 'X25519MLKEM768:X25519:P-256:P-384';

/**
 * Reads the files and checks that they make a working whole. Throws `precondition_failed` with the reason when a file is
 * missing, open to others, broken, or when key and certificate do not belong together.
 */
export async function loadTls(settings: TlsSettings): Promise<SecureContextOptions> {
  const [cert, key, ca] = await Promise.all([
    readPublicFile(settings.certificateFile, 'TLS certificate'),
    readPrivateFile(settings.keyFile, 'TLS key'),
    settings.clientCaFile === undefined ? undefined : readPublicFile(settings.clientCaFile, 'client CA'),
  ]);
  const options: SecureContextOptions = {
    cert,
    key,
    ...(ca === undefined ? {} : { ca }),
    minVersion: settings.minVersion === '1.2' ? 'TLSv1.2' : 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    ciphers: suites,
    ecdhCurve: groups,
    // A resumed session knows the client's certificate but not the chain sent with it, so where certificates are asked
    // for nothing is resumed, and every connection that shows one has proved its key.
    secureOptions: tlsServerOptions | (asksForCertificate(settings) ? tlsWithoutTickets : 0),
  };
  try {
    createSecureContext(options);
  } catch (cause) {
    throw new StrongroomError('precondition_failed', 'the TLS certificate and key cannot be used', {
      hint: 'both must be PEM, unencrypted, and belong together',
      cause,
    });
  }
  return options;
}

function asksForCertificate(settings: TlsSettings): boolean {
  return settings.clientCertificates !== 'none';
}

/** The settings of the server around the context. */
export function handshakeOptions(settings: TlsSettings, handshakeTimeoutMillis: number): TlsOptions {
  const required = settings.clientCertificates === 'require';
  if (required && settings.clientCaFile === undefined) {
    throw new StrongroomError('precondition_failed', 'client certificates are required but no client CA is named', {
      hint: 'set tls_client_ca_file',
    });
  }
  return {
    requestCert: asksForCertificate(settings),
    rejectUnauthorized: required,
    handshakeTimeout: handshakeTimeoutMillis,
    ALPNProtocols: ['http/1.1'],
  };
}
