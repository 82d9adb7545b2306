import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { processorSeconds } from './processor-time.ts';

const run = promisify(execFile);

export interface Workload {
  readonly method: string;
  /** Path and query, from the slash on; `{n}` stands for a number that changes with each request. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface Load {
  readonly requestsPerSecond: number;
  /** Answers outside 2xx and 3xx, and connections that broke. */
  readonly failures: number;
  readonly p99Millis: number;
  /** Processor time of the server and its children for one request, in microseconds. */
  readonly processorMicros: number;
}

const connections = 64;

const luaText = (text: string): string =>
  `"${text.replace(/[\\"\n]/g, (mark) => (mark === '\n' ? '\\n' : `\\${mark}`))}"`;

function script({ method, path, headers = {}, body }: Workload): string {
  const lines = [`wrk.method = ${luaText(method)}`];
  for (const [name, value] of Object.entries(headers)) lines.push(`wrk.headers[${luaText(name)}] = ${luaText(value)}`);
  if (body !== undefined) lines.push(`wrk.body = ${luaText(JSON.stringify(body))}`);
  if (path.includes('{n}')) {
    lines.push(
      'local count = 0',
      'request = function()',
      '  count = count + 1',
      `  return wrk.format(nil, (string.gsub(${luaText(path)}, "{n}", tostring(count % 1000))))`,
      'end',
    );
  }
  return `${lines.join('\n')}\n`;
}

const millis: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000 };

/** Drives one request over 64 connections for so many seconds, and reads what `wrk` and the kernel say of it. */
export async function drive(
  target: { readonly origin: string; readonly pid: number; readonly folder: string },
  workload: Workload,
  seconds: number,
): Promise<Load> {
  // A file: arguments are seen by every user of the machine, and headers hold a token.
  const file = join(target.folder, 'request.lua');
  writeFileSync(file, script(workload), { mode: 0o600 });
  const before = processorSeconds(target.pid);
  const options = [
    '-t1',
    `-c${connections}`,
    `-d${seconds}s`,
    '--latency',
    '-s',
    file,
    `${target.origin}${workload.path}`,
  ];
  const { stdout } = await run('wrk', options);
  const used = processorSeconds(target.pid) - before;
  const read = (pattern: RegExp): number => Number(pattern.exec(stdout)?.[1] ?? 0);
  const total = read(/(\d+) requests in/);
  const late = /99%\s+([\d.]+)(us|ms|s)/.exec(stdout);
  const broken = [...(/Socket errors: (.*)/.exec(stdout)?.[1] ?? '').matchAll(/\d+/g)].reduce(
    (sum, [n]) => sum + Number(n),
    0,
  );
  return {
    requestsPerSecond: read(/Requests\/sec:\s+([\d.]+)/),
    failures: read(/Non-2xx or 3xx responses: (\d+)/) + broken,
    p99Millis: Number(late?.[1] ?? 0) * (millis[late?.[2] ?? 'ms'] ?? 1),
    processorMicros: total === 0 ? 0 : (used / total) * 1e6,
  };
}
