import { readdirSync, readFileSync, statSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { AuditSink } from '../../core/index.ts';
import { type HclObject, parseHcl } from '../../lib/hcl/index.ts';
import { StrongroomError } from '../../lib/index.ts';
import { readAudit } from './read-audit.ts';
import { readHsm } from './read-hsm.ts';
import { readListener } from './read-listener.ts';
import { readStorage } from './read-storage.ts';
import type { HsmConfig, ListenerConfig, ServerConfig } from './server-config.ts';
import { refuseSetting, SettingReader } from './setting-reader.ts';

/** Settings of Vault without a meaning here: said once in the log, so that nobody relies on them. */
const ignored = [
  'cluster_addr',
  'disable_cache',
  'disable_clustering',
  'disable_mlock',
  'disable_performance_standby',
  'disable_sealwrap',
  'enable_response_header_hostname',
  'enable_response_header_raft_node_id',
  'experiments',
  'log_file',
  'log_format',
  'log_rotate_bytes',
  'log_rotate_duration',
  'log_rotate_max_files',
  'pid_file',
  'plugin_directory',
  'plugin_tmpdir',
  'telemetry',
  'ui',
];

const maxFileBytes = 1_048_576;
/** Vault's own default: 768 hours. */
const defaultTtlSeconds = 2_764_800;

interface ConfigFile {
  readonly path: string;
  readonly body: HclObject;
}

/**
 * Reads a configuration from files and folders (their `.hcl` and `.json` files in the order of their names), all taken
 * together. Whatever is not known is refused, with file, line and the nearest known name.
 */
export function loadConfig(paths: readonly string[]): ServerConfig {
  const files = paths.flatMap(listFiles).map(readFile);
  return assemble(files);
}

function listFiles(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    const names = readdirSync(path).filter((name) => /\.(?:hcl|json)$/.test(name));
    if (names.length > 0) return names.sort().map((name) => join(path, name));
  } catch (cause) {
    throw unreadable(path, cause);
  }
  throw new StrongroomError('invalid_request', `the folder ${path} has no .hcl or .json file`, {
    hint: 'put one there, or name a file',
  });
}

const reasons: Readonly<Record<string, readonly [string, string]>> = {
  ENOENT: ['does not exist', 'name a file or folder that is there: strongroom server -config=FILE'],
  EACCES: ['may not be read by this user', 'let the user the server runs as read it, and nobody else write it'],
  EPERM: ['may not be read by this user', 'let the user the server runs as read it, and nobody else write it'],
  ENOTDIR: ['does not exist', 'a part of the path is a file, not a folder'],
  ELOOP: ['does not exist', 'a link in the path points to itself'],
};

/** The system's own word for it is told by whoever prints the cause. */
function unreadable(path: string, cause: unknown): StrongroomError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const [reason, hint] = reasons[code] ?? ['cannot be read', 'is it a plain file that this user may read?'];
  return new StrongroomError('invalid_request', `the configuration ${path} ${reason}`, { hint, cause });
}

function readFile(path: string): ConfigFile {
  let text: string;
  try {
    if (statSync(path).size > maxFileBytes) {
      throw new StrongroomError('invalid_request', `the configuration ${path} is larger than 1 MiB`, {
        hint: 'is it the right file?',
      });
    }
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw cause instanceof StrongroomError ? cause : unreadable(path, cause);
  }
  try {
    return { path, body: parseHcl(text) };
  } catch (cause) {
    const reason = cause instanceof StrongroomError ? cause.message : 'unreadable';
    throw new StrongroomError('invalid_request', `${path}: ${reason}`, {
      hint: 'docs/configuration.md has an example',
      cause,
    });
  }
}

/** Several files are one configuration: entries of all of them, each judged where it stands. */
function assemble(files: readonly ConfigFile[]): ServerConfig {
  const path = files.map((file) => file.path).join(', ');
  const entries = files.flatMap((file) => file.body.entries);
  const root = new SettingReader(path, 'the configuration', {
    kind: 'object',
    entries,
    position: { line: 1, column: 1 },
  });
  const notices: string[] = [];
  const keep = <T extends { readonly notices: readonly string[] }>(read: T): T => {
    notices.push(...read.notices);
    return read;
  };
  if (entries.length === 0) {
    throw new StrongroomError('invalid_request', `the configuration ${path} is empty`, {
      hint: 'it needs a storage and a listener stanza; deploy/config.hcl is an example',
    });
  }
  const { storage } = keep(readStorage(root));
  const listeners = root.blocks('listener', 1).map((block) => keep(readListener(path, block)).listener);
  if (listeners.length === 0) {
    refuseSetting(path, root.position, 'no listener is configured', 'listener "tcp" { address = "127.0.0.1:8200" … }');
  }
  const seal = readOne(root, 'seal', keep);
  const hsm = readOne(root, 'hsm', keep);
  const auditSinks = readAudits(path, root, keep);
  const [first] = listeners;
  const config: ServerConfig = {
    storage,
    listeners,
    seal,
    hsm,
    auditSinks,
    apiAddress: readApiAddress(root) ?? (first ? addressOf(first) : ''),
    clusterName: root.text('cluster_name') ?? 'strongroom',
    defaultLeaseTtlSeconds: root.seconds('default_lease_ttl') || defaultTtlSeconds,
    maxLeaseTtlSeconds: root.seconds('max_lease_ttl') || defaultTtlSeconds,
    logLevel: root.word('log_level', ['trace', 'debug', 'info', 'warn', 'error']) ?? 'info',
    notices,
  };
  if (config.defaultLeaseTtlSeconds > config.maxLeaseTtlSeconds) {
    root.refuse(
      root.has('default_lease_ttl') ? 'default_lease_ttl' : 'max_lease_ttl',
      '"default_lease_ttl" is longer than "max_lease_ttl"',
      'each is 768h where it is not given',
    );
  }
  notices.push(...root.finish(ignored));
  if (storage.kind === 'memory' && auditSinks.length === 0) {
    notices.push(`${path}: no audit log is kept: storage "inmem" has no folder for one, and there is no audit stanza`);
  }
  return config;
}

type Keep = <T extends { readonly notices: readonly string[] }>(read: T) => T;

function readOne(root: SettingReader, stanza: 'seal' | 'hsm', keep: Keep): HsmConfig | undefined {
  const [block, second] = root.blocks(stanza, 1);
  if (second) refuseSetting(root.file, second.position, `there are two ${stanza} stanzas`);
  return block && keep(readHsm(root.file, stanza, block)).hsm;
}

/** Two devices of one name, or with one target, would be found out only when the server is unsealed. */
function readAudits(path: string, root: SettingReader, keep: Keep): readonly AuditSink[] {
  const sinks: AuditSink[] = [];
  for (const block of root.blocks('audit', 2)) {
    const { sink } = keep(readAudit(path, block));
    if (sinks.some((other) => other.path === sink.path)) {
      refuseSetting(path, block.position, `there are two audit devices "${block.labels[1]}"`, 'give each its own name');
    }
    if (sinks.some(({ config }) => isDeepStrictEqual(config.target, sink.config.target))) {
      refuseSetting(path, block.position, 'another audit device writes there already', 'one log has one writer');
    }
    sinks.push(sink);
  }
  return sinks;
}

/** Where a listener is reached; from this machine, where it listens on every address. */
function addressOf({ address, port, tls }: ListenerConfig): string {
  const host =
    address === '0.0.0.0' ? '127.0.0.1' : isIPv6(address) ? `[${address === '::' ? '::1' : address}]` : address;
  return `${tls ? 'https' : 'http'}://${host}:${port}`;
}

function readApiAddress(root: SettingReader): string | undefined {
  const text = root.text('api_addr');
  if (text === undefined) return undefined;
  if (!/^https?:\/\/[^\s/]+\/?$/.test(text))
    root.refuse('api_addr', '"api_addr" is not a URL of a host', 'write "https://vault.example.com:8200"');
  return text.replace(/\/$/, '');
}
