import type { AuditSink } from '../../core/index.ts';
import type { TlsSettings, TrustedProxies } from '../listeners/index.ts';

/** Where data is kept. */
export type StorageConfig = { readonly kind: 'sqlite'; readonly folder: string } | { readonly kind: 'memory' };

export interface ListenerConfig {
  readonly address: string;
  readonly port: number;
  /** Undefined: plain HTTP, on a loopback address unless the operator said otherwise in so many words. */
  readonly tls: TlsSettings | undefined;
  readonly maxBodyBytes: number | undefined;
  readonly trustedProxies: TrustedProxies | undefined;
}

/** A PKCS#11 token. The PIN itself is never part of the configuration. */
export interface HsmConfig {
  readonly modulePath: string;
  readonly tokenLabel: string | undefined;
  readonly tokenSerial: string | undefined;
  readonly pin: { readonly file: string } | { readonly variable: string };
  readonly sessions: number | undefined;
  readonly libraryParameters: string | undefined;
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error';

/** A whole configuration, checked. Times in whole seconds. */
export interface ServerConfig {
  readonly storage: StorageConfig;
  readonly listeners: readonly ListenerConfig[];
  /** Wraps the root key; undefined for a Shamir seal. */
  readonly seal: HsmConfig | undefined;
  /** Home of CA and signing keys; undefined keeps them sealed in the store. */
  readonly hsm: HsmConfig | undefined;
  readonly auditSinks: readonly AuditSink[];
  readonly apiAddress: string;
  readonly clusterName: string;
  readonly defaultLeaseTtlSeconds: number;
  readonly maxLeaseTtlSeconds: number;
  readonly logLevel: LogLevel;
  /** What an operator should know about the configuration: settings that have no effect here. */
  readonly notices: readonly string[];
}
