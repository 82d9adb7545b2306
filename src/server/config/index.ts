export { loadConfig } from './load-config.ts';
export { isLoopback, parseAddress } from './read-listener.ts';
export type { HsmConfig, ListenerConfig, LogLevel, ServerConfig, StorageConfig } from './server-config.ts';
