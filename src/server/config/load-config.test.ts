import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StrongroomError } from '../../lib/index.ts';
import { loadConfig } from './load-config.ts';
import type { ServerConfig } from './server-config.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'strongroom-config-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const listener = 'listener "tcp" {\n  address = "127.0.0.1:8200"\n  tls_disable = true\n}\n';
const storage = 'storage "sqlite" { path = "data" }\n';

function load(text: string, name = 'server.hcl'): ServerConfig {
  const file = join(folder, name);
  writeFileSync(file, text);
  return loadConfig([file]);
}

/** What an operator is told; it never holds the value `canary`. */
function refusal(text: string, name?: string): { readonly message: string; readonly hint: string } {
  try {
    load(text, name);
  } catch (error) {
    if (!(error instanceof StrongroomError)) throw error;
    expect(`${error.message} ${error.hint}`).not.toContain('canary');
    return { message: error.message, hint: error.hint ?? '' };
  }
  throw new Error('it was taken');
}

describe('a configuration', () => {
  it('means the same in HCL and in JSON, in one file and in several', () => {
    const written = load(`${storage}${listener}cluster_name = "x"\ndefault_lease_ttl = "1h"\n`);
    expect(written).toMatchObject({ clusterName: 'x', defaultLeaseTtlSeconds: 3_600, maxLeaseTtlSeconds: 2_764_800 });
    const asJson = {
      storage: { sqlite: { path: 'data' } },
      listener: [{ tcp: { address: '127.0.0.1:8200', tls_disable: true } }],
      cluster_name: 'x',
      default_lease_ttl: '1h',
    };
    expect(load(JSON.stringify(asJson), 'server.json')).toEqual(written);
    const parts = [storage, `${listener}cluster_name = "x"\n`, 'default_lease_ttl = 3600\n'].map((text, index) => {
      const file = join(folder, `part-${index}.hcl`);
      writeFileSync(file, text);
      return file;
    });
    expect(loadConfig(parts)).toEqual(written);
  });

  it('with a key nobody knows is refused by its name, its line and the name meant', () => {
    for (const [text, key, near] of [
      [`${storage}${listener}clutser_name = "canary"\n`, 'clutser_name', 'cluster_name'],
      [`${storage}${listener.replace('}', '  max_request_sise = 1\n}')}`, 'max_request_sise', 'max_request_size'],
      [`${storage}${listener.replace('tls_disable', 'tls_dissable')}`, 'tls_dissable', 'tls_disable'],
      [`${storage.replace('path', 'pth')}${listener}`, 'pth', 'path'],
      [`${storage}${listener}audit "file" "a" {\n  file_pth = "/canary"\n}\n`, 'file_pth', 'file_path'],
      [
        `${storage}${listener}hsm "pkcs11" {\n  lib = "/x.so"\n  token_lable = "canary"\n}\n`,
        'token_lable',
        'token_label',
      ],
    ] as const) {
      const { message, hint } = refusal(text);
      expect(message).toContain(key);
      expect(message).toMatch(/server\.hcl:\d+: /);
      expect(hint).toContain(near);
    }
  });

  it('with a value of another kind is refused without repeating it', () => {
    for (const [line, words] of [
      ['log_level = "canary"', 'is not one of trace, debug, info, warn, error'],
      ['default_lease_ttl = "canary"', 'is not a duration'],
      ['default_lease_ttl = ["canary"]', 'must be a single value'],
      ['default_lease_ttl = "2h"\nmax_lease_ttl = "1h"', 'is longer than'],
      ['api_addr = "canary"', 'is not a URL'],
      ['audit "socket" "x" {\n  address = "canary"\n}', 'not an address'],
      ['hsm "pkcs11" {\n  lib = "canary.so"\n  token_label = "x"\n}', 'absolute path'],
      ['hsm "pkcs11" {\n  lib = "/x.so"\n  token_label = "x"\n  pin = "canary"\n}', 'a PIN does not belong'],
      ['hsm "pkcs11" {\n  lib = "/x.so"\n  slot = 1\n}', 'not chosen by its slot'],
      ['hsm "pkcs11" {\n  lib = "/x.so"\n}', 'no token is named'],
      ['hsm "pkcs11" {\n  lib = "/x.so"\n  token_label = "a"\n}\nhsm "pkcs11" {\n  lib = "/x.so"\n}', 'two hsm'],
      ['synchronous = "off"', 'synchronous'],
    ] as const) {
      expect(refusal(`${storage}${listener}${line}\n`).message, line).toContain(words);
    }
  });

  it('that would listen in clear beyond this machine, or nowhere, is refused', () => {
    expect(refusal(storage).message).toContain('no listener');
    expect(refusal(`${storage}${listener.replace('127.0.0.1', '0.0.0.0')}`).message).toMatch(/tls|plain|loopback/i);
    expect(refusal(`${storage}listener "tcp" {\n  address = "127.0.0.1:1"\n}\n`).message).toContain('tls_cert_file');
    expect(refusal(`${storage}listener "unix" {\n  address = "/x"\n}\n`).message).toContain('unix');
  });

  it('says which settings have no effect, and refuses those that promise protection they would not give', () => {
    const { notices } = load(
      `${storage}${listener}disable_mlock = true\nui = true\naudit "socket" "s" {\n  address = "127.0.0.1:9"\n  write_timeout = "2s"\n}\n`,
    );
    expect(notices.map((notice) => /"(\w+)" has no effect/.exec(notice)?.[1]).sort()).toEqual([
      'disable_mlock',
      'ui',
      'write_timeout',
    ]);
    const required = listener.replace('}', '  tls_require_and_verify_client_cert = true\n}');
    expect(refusal(`${storage}${required}`).message).toContain('client certificates are required');
    const proxied = listener.replace('}', '  x_forwarded_for_reject_not_present = true\n}');
    expect(refusal(`${storage}${proxied}`).message).toContain('no effect without proxies');
  });

  it('OPS-01: with a setting that is empty is refused by its name, also where it would be a folder or a default', () => {
    const tls = (lines: string): string =>
      `${storage}listener "tcp" {\n  tls_cert_file = "/a"\n  tls_key_file = "/b"\n${lines}\n}\n`;
    const hsm = (line: string): string => `${storage}${listener}seal "pkcs11" {\n  lib = "/x.so"\n  ${line}\n}\n`;
    for (const [text, name] of [
      [tls('  tls_client_ca_file = ""'), 'tls_client_ca_file'],
      [tls('').replace('"/a"', '""'), 'tls_cert_file'],
      [tls('').replace('"/b"', '""'), 'tls_key_file'],
      [hsm('token_label = ""'), 'token_label'],
      [hsm('token_label = "a"\n  pin_file = ""'), 'pin_file'],
      [`${storage.replace('data', '')}${listener}`, 'path'],
      [`${storage}${listener}cluster_name = ""\n`, 'cluster_name'],
      [`${storage}${listener}max_lease_ttl = ""\n`, 'max_lease_ttl'],
    ] as const) {
      expect(refusal(text).message, text).toMatch(new RegExp(`server\\.hcl:\\d+: .*"${name}" is empty`));
    }
    expect(
      load(`${storage}${listener}audit "stdout" "a" {\n  description = ""\n  prefix = ""\n}\n`).auditSinks,
    ).toHaveLength(1);
  });

  it('OPS-01: with audit devices that could not be opened is refused at the start, not when it is unsealed', () => {
    const device = (kind: string, name: string, line = ''): string => `audit "${kind}" "${name}" {\n  ${line}\n}\n`;
    for (const [text, words] of [
      [device('stdout', 'a') + device('file', 'a', 'file_path = "/x/y"'), 'two audit devices "a"'],
      [device('file', 'a', 'file_path = "/x/y"') + device('file', 'b', 'file_path = "/x/y"'), 'writes there already'],
      [device('stdout', 'a', 'prefix = "{"'), 'invalid prefix'],
      [
        device('stdout', 'a', 'options {\n  log_raw = false\n}\noptions {\n  log_raw = true\n}'),
        '"options" is given twice',
      ],
      [device('socket', 'a', 'address = "127.0.0.1:99999"'), 'not an address'],
      [device('socket', 'a', 'address = "127.0.0.1:0"'), 'not an address'],
      [device('socket', 'a', 'address = "log.sock"\n  socket_type = "unix"'), 'must be absolute'],
    ] as const) {
      expect(refusal(`${storage}${listener}${text}`).message, text).toContain(words);
    }
  });

  it('in memory without an audit device says that no audit log is kept', () => {
    const noticed = (text: string): readonly string[] => load(`storage "inmem" {}\n${listener}${text}`).notices;
    expect(noticed('')).toEqual([expect.stringContaining('no audit log is kept')]);
    expect(noticed('audit "stdout" "a" {}\n')).toEqual([]);
    expect(load(`${storage}${listener}`).notices).toEqual([]);
  });

  it('tells clients the address of its first listener, also of IPv6', () => {
    for (const [address, url] of [
      ['127.0.0.1:8200', 'http://127.0.0.1:8200'],
      ['[::1]:8201', 'http://[::1]:8201'],
    ] as const) {
      expect(load(`${storage}${listener.replace('127.0.0.1:8200', address)}`).apiAddress).toBe(url);
    }
    const everywhere = listener
      .replace('127.0.0.1:8200', '[::]:8200')
      .replace('}', '  insecure_plain_http_on_network = true\n}');
    expect(load(`${storage}${everywhere}`).apiAddress).toBe('http://[::1]:8200');
  });

  it('that is missing, empty, too large or broken is told in a sentence, with what to do', () => {
    const told = (file: string): string => {
      try {
        loadConfig([file]);
      } catch (error) {
        if (error instanceof StrongroomError) return `${error.message} | ${error.hint}`;
      }
      return 'loaded';
    };
    const missing = join(folder, 'none.hcl');
    expect(told(missing)).toMatch(/^the configuration .*none\.hcl does not exist \| name a file or folder/);
    expect(told(missing)).not.toContain('ENOENT');
    const file = join(folder, 'words.hcl');
    writeFileSync(file, '');
    expect(told(file)).toMatch(/words\.hcl is empty \| it needs a storage and a listener stanza/);
    writeFileSync(file, '\n\nlistener = = 3\n');
    expect(told(file)).toMatch(/words\.hcl: line 3, column 12: /);
    expect(told(join(file, 'below'))).toMatch(/does not exist \| a part of the path is a file/);
    writeFileSync(file, '#'.repeat(1_048_577));
    expect(told(file)).toMatch(/words\.hcl is larger than 1 MiB/);
    const loop = join(folder, 'loop.hcl');
    symlinkSync(loop, loop);
    expect(told(loop)).toMatch(/loop\.hcl does not exist \| a link in the path points to itself/);
  });

  it('that cannot be read says so by its name: missing, broken, too large, a folder without any', () => {
    const missing = join(folder, 'none.hcl');
    expect(() => loadConfig([missing])).toThrow(missing);
    expect(() => loadConfig([mkdtempSync(join(folder, 'empty-'))])).toThrow('no .hcl or .json file');
    expect(refusal('storage "sqlite" {').message).toContain('server.hcl');
    expect(refusal(`# ${'x'.repeat(1_048_577)}`).message).toContain('server.hcl');
    expect(refusal('{"storage": ', 'broken.json').message).toContain('broken.json');
  });
});
