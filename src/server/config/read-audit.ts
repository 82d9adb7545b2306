import { isIP } from 'node:net';
import { isAbsolute } from 'node:path';
import { type AuditSink, completeFormat, fileTarget, type SinkTarget } from '../../core/index.ts';
import type { HclBlock } from '../../lib/hcl/index.ts';
import { StrongroomError } from '../../lib/index.ts';
import { refuseSetting, SettingReader } from './setting-reader.ts';

const namePattern = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

/** One `audit "file|stdout|socket" "name" { … }` stanza; its settings may stand in an `options` block, as in Vault. */
export function readAudit(file: string, block: HclBlock): { sink: AuditSink; notices: readonly string[] } {
  const [kind, name] = block.labels as [string, string];
  const where = `audit "${kind}" "${name}"`;
  if (!namePattern.test(name))
    refuseSetting(file, block.position, 'an audit device needs a name of letters, digits, "_", "." and "-"');
  const outer = new SettingReader(file, where, block.body);
  const [options, second] = outer.blocks('options', 0);
  if (second) refuseSetting(file, second.position, `"options" is given twice in ${where}`);
  const description = outer.freeText('description');
  const reader = options ? new SettingReader(file, where, options.body) : outer;
  const target = readTarget(kind, reader, file, block);
  const format = {
    hmacAccessor: reader.boolean('hmac_accessor') ?? true,
    logRaw: reader.boolean('log_raw') ?? false,
    elideListResponses: reader.boolean('elide_list_responses') ?? false,
    prefix: readPrefix(reader),
  };
  reader.word('format', ['json']);
  const mode = reader.text('mode');
  if (mode !== undefined && !/^0?6[04]0$|^0?600$/.test(mode)) {
    reader.refuse(
      'mode',
      'audit files have mode 0600',
      'take "mode" out; who else reads them gets a sink of their own',
    );
  }
  const notices = [...reader.finish(['local', 'write_timeout']), ...(options ? outer.finish(['local']) : [])];
  if (mode !== undefined && !/600$/.test(mode))
    notices.push(`${file}: ${where}: audit files have mode 0600, whatever "mode" says`);
  const sink = {
    path: `${name}/`,
    config: { target, format, allowRaw: true, ...(description !== undefined && { description }) },
  };
  return { sink, notices };
}

function readPrefix(reader: SettingReader): string {
  const prefix = reader.freeText('prefix') ?? '';
  try {
    completeFormat({ prefix }, false);
    return prefix;
  } catch (error) {
    if (!(error instanceof StrongroomError)) throw error;
    return reader.refuse('prefix', error.message, error.hint);
  }
}

function readTarget(kind: string, reader: SettingReader, file: string, block: HclBlock): SinkTarget {
  switch (kind) {
    case 'file': {
      const path = reader.text('file_path') ?? reader.text('path');
      if (path === undefined)
        return reader.refuseMissing(
          ['file_path'],
          '"file_path" is missing',
          'file_path = "/var/log/strongroom/audit.log"',
        );
      try {
        return fileTarget(path);
      } catch (error) {
        if (!(error instanceof StrongroomError)) throw error;
        return reader.refuse('file_path', error.message, error.hint);
      }
    }
    case 'stdout':
      return { kind: 'stdout' };
    case 'socket':
      return readSocket(reader);
    default:
      return refuseSetting(file, block.position, `audit "${kind}" is not known`, 'known: file, stdout, socket');
  }
}

function readSocket(reader: SettingReader): SinkTarget {
  const type = reader.word('socket_type', ['tcp', 'unix']) ?? 'tcp';
  const address = reader.requireText(
    'address',
    'address = "127.0.0.1:9090", or the path of a Unix socket with socket_type = "unix"',
  );
  if (type === 'unix') {
    if (!isAbsolute(address))
      reader.refuse('address', 'the path of a socket must be absolute', 'address = "/run/collector.sock"');
    return { kind: 'socket', network: 'unix', socketPath: address };
  }
  const found = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:]+)):(\d{1,5})$/.exec(address);
  const host = found?.[1] ?? found?.[2];
  const port = Number(found?.[3]);
  if (!host || isIP(host) === 0 || port < 1 || port > 65_535)
    return reader.refuse('address', '"address" is not an address with a port', 'write "127.0.0.1:9090"');
  return { kind: 'socket', network: 'tcp', host, port };
}
