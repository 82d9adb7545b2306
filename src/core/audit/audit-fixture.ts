import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { equalSecrets, MacKey } from '../../crypto/index.ts';
import { isJsonObject, type JsonObject, ManualClock, parseJson, SecretBytes } from '../../lib/index.ts';
import type { AuditBrokerOptions } from './audit-broker.ts';
import type { AuditEntry, AuditRequest } from './audit-entry.ts';
import type { AuditNotices } from './sinks/sink-settings.ts';

/** What the tests of this room share. */

export function fixedKey(byte: number): MacKey {
  return new MacKey(new SecretBytes(Buffer.alloc(32, byte)));
}

export const hashKey = fixedKey(1);
export const chainKey = fixedKey(2);
const signingKey = fixedKey(3);

/** Stands for the HSM: a keyed digest that `verifySignature` knows. */
export async function signCheckpoint(digest: Buffer): Promise<Buffer> {
  return signingKey.bytes(digest);
}

export function verifySignature(digest: Buffer, signature: Buffer, keyId: string): boolean {
  return keyId === 'key-1' && equalSecrets(signingKey.bytes(digest), signature);
}

/** A log that remembers what it was told. */
export class Notices implements AuditNotices {
  readonly texts: string[] = [];

  info(details: object, message: string): void {
    this.texts.push(`info ${message} ${JSON.stringify(details)}`);
  }

  warn(details: object, message: string): void {
    this.texts.push(`warn ${message} ${JSON.stringify(details)}`);
  }

  error(details: object, message: string): void {
    this.texts.push(`error ${message} ${JSON.stringify(details)}`);
  }
}

export const startMillis = Date.UTC(2026, 0, 2, 3, 4, 5);

export function brokerOptions(more: Partial<AuditBrokerOptions> = {}): AuditBrokerOptions {
  return {
    sinks: [],
    hashKey,
    chainKey,
    signCheckpoint,
    checkpointKeyId: 'key-1',
    clock: new ManualClock(startMillis),
    log: new Notices(),
    settings: { timeoutMillis: 1000, retryMillis: 2, maxRetryMillis: 4 },
    ...more,
  };
}

export function requestOf(id: string, more: Partial<AuditRequest> = {}): AuditRequest {
  return { id, route: 'kv.data.read', operation: 'read', path: `kv/data/${id}`, remoteAddress: '192.0.2.7', ...more };
}

export function entryOf(id: string, more: Partial<AuditEntry> = {}): AuditEntry {
  return { timeMillis: startMillis, request: requestOf(id), ...more };
}

/** A folder of its own for the length of a test. */
export async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'strongroom-audit-'));
  try {
    await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export function parseLine(line: string): JsonObject {
  const value = parseJson(line.slice(line.indexOf('{')));
  if (!isJsonObject(value)) throw new Error('the line is no JSON object');
  return value;
}

/** All lines of a log, parsed; fails when one does not parse or the last has no newline. */
export async function readLog(file: string): Promise<JsonObject[]> {
  const text = await readFile(file, 'utf8');
  if (text !== '' && !text.endsWith('\n')) throw new Error('the log ends in the middle of a line');
  return text.split('\n').slice(0, -1).map(parseLine);
}

/** The lines of requests, as `type id`. */
export async function recorded(file: string): Promise<string[]> {
  const lines = await readLog(file);
  return lines.flatMap(({ type, request }) => (isJsonObject(request) ? [`${type} ${request['id']}`] : []));
}
