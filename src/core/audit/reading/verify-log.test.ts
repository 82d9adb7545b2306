import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openAuditBroker } from '../audit-broker.ts';
import {
  brokerOptions,
  chainKey,
  entryOf,
  fixedKey,
  signCheckpoint,
  verifySignature,
  withFolder,
} from '../audit-fixture.ts';
import { type ChainPosition, chainStart, readSeal, sealLines } from '../lines/chain.ts';
import { checkpointDigest } from '../sinks/checkpoint.ts';
import type { AuditHead } from '../sinks/device.ts';
import { parseHead } from '../sinks/head-file.ts';
import { type AuditVerdict, type VerifyOptions, verifyAuditLog } from './verify-log.ts';

/** The lines of a finished log with several groups and checkpoints, and its head. */
let log: string[] = [];
let head: AuditHead;

beforeAll(async () => {
  await withFolder(async (folder) => {
    const file = join(folder, 'audit.log');
    const sinks = [{ path: 'file/', config: { target: { kind: 'file', filePath: file } as const } }];
    const settings = { checkpointLines: 6, checkpointMillis: 60_000 };
    const broker = await openAuditBroker(brokerOptions({ sinks, settings }));
    for (let index = 0; index < 8; index += 1) {
      await Promise.all([0, 1, 2].map((lane) => broker.open(entryOf(`r${index}-${lane}`))));
    }
    await broker.stop();
    log = (await readFile(file, 'utf8')).trimEnd().split('\n');
    head = parseHead(await readFile(`${file}.head`, 'utf8')) as AuditHead;
  });
});

const all: VerifyOptions = { chainKey, verifySignature };

async function* pieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}

async function check(lines: readonly string[], options: VerifyOptions = all): Promise<AuditVerdict> {
  return await verifyAuditLog(pieces(lines.map((line) => `${line}\n`).join(''), 4096), options);
}

/** Number (from 1) of a request line in the middle of a group, so that a MAC follows later. */
function middle(): number {
  return log.findIndex((line, index) => index > 8 && !line.includes('"mac"') && line.includes('"type":"request"')) + 1;
}

/** What somebody who can write the file, but has no key, can do: makes the chain anew from a line on. */
function rechain(lines: readonly string[], from: number): string[] {
  let position: ChainPosition = chainStart;
  return lines.map((line, index) => {
    const seal = readSeal(Buffer.from(line));
    if (seal === undefined) throw new Error('no seal');
    if (index + 1 < from) {
      position = seal;
      return line;
    }
    const bare = line.replace(/,"seq":\d+,"chain":"[^"]*"(?:,"mac":"[^"]*")?\}$/, '');
    const sealed = sealLines(position, [bare], fixedKey(9));
    position = sealed.position;
    const text = sealed.bytes.toString('utf8').trimEnd();
    return seal.mac === undefined
      ? text.replace(/,"mac":"[^"]*"\}$/, '}')
      : text.replace(/"mac":"[^"]*"/, `"mac":"${seal.mac}"`);
  });
}

describe('a log as it was written', () => {
  it('is right, in pieces of any size', async () => {
    const text = log.map((line) => `${line}\n`).join('');
    for (const size of [1, 7, 100, 1_000_000]) {
      const verdict = await verifyAuditLog(pieces(text, size), all);
      expect(verdict).toEqual({
        ok: true,
        lines: log.length,
        checkpoints: log.filter((line) => line.includes('"type":"checkpoint"')).length,
        signedLines: log.length - 1,
      });
    }
    expect(await check(log, { ...all, head })).toMatchObject({ ok: true });
  });

  it('is right without keys as far as that can be told, and says that nothing was signed', async () => {
    expect(await check(log, {})).toMatchObject({ ok: true, signedLines: 0 });
  });
});

describe('AUD-09: tampering is found and its place named', () => {
  it('AUD-09: any changed byte of any line', async () => {
    for (let place = 1; place <= log.length; place += 1) {
      const line = log[place - 1] as string;
      for (const index of [0, 12, Math.floor(line.length / 2), line.length - 90, line.length - 1]) {
        const changed = `${line.slice(0, index)}${line[index] === '0' ? '1' : '0'}${line.slice(index + 1)}`;
        const verdict = await check(log.with(place - 1, changed));
        expect(verdict.ok, `line ${place}, character ${index}`).toBe(false);
        expect(verdict.firstBadLine).toBeLessThanOrEqual(place);
        expect(verdict.firstBadLine).toBeGreaterThan(place - 4);
      }
    }
  });

  it('AUD-09: a changed line is named exactly', async () => {
    const place = middle();
    const changed = (log[place - 1] as string).replace('kv/data', 'kv/date');
    expect(await check(log.with(place - 1, changed))).toMatchObject({
      ok: false,
      kind: 'altered',
      firstBadLine: place,
    });
    expect(await check(log.with(place - 1, changed), {})).toMatchObject({ kind: 'altered', firstBadLine: place });
  });

  it('AUD-09: each dropped line, and several', async () => {
    for (let place = 1; place < log.length; place += 1) {
      expect(await check(log.toSpliced(place - 1, 1))).toMatchObject({
        ok: false,
        kind: 'dropped',
        firstBadLine: place,
      });
    }
    expect(await check(log.toSpliced(4, 5))).toMatchObject({ kind: 'dropped', firstBadLine: 5 });
  });

  it('AUD-09: two lines that changed places', async () => {
    for (let place = 1; place < log.length; place += 1) {
      const swapped = log.toSpliced(place - 1, 2, log[place] as string, log[place - 1] as string);
      expect(await check(swapped)).toMatchObject({ ok: false, kind: 'moved', firstBadLine: place });
    }
  });

  it('AUD-09: a line that was added or copied', async () => {
    const place = middle();
    const line = log[place - 1] as string;
    expect(await check(log.toSpliced(place, 0, line))).toMatchObject({ kind: 'inserted', firstBadLine: place + 1 });
    const made = line.replace('kv/data', 'kv/made');
    expect(await check(log.toSpliced(place - 1, 0, made))).toMatchObject({ kind: 'inserted', firstBadLine: place });
    expect(await check(log.toSpliced(place - 1, 0, '{"a":1}'))).toMatchObject({ kind: 'altered', firstBadLine: place });
    expect(await check([...log, log.at(-1) as string])).toMatchObject({
      kind: 'inserted',
      firstBadLine: log.length + 1,
    });
    expect(await check([...log, ...log])).toMatchObject({ kind: 'inserted', firstBadLine: log.length + 1 });
  });

  it('AUD-09: an end that was cut off, with the head and without', async () => {
    for (let kept = 1; kept < log.length; kept += 1) {
      const cut = log.slice(0, kept);
      const withHead = await check(cut, { ...all, head });
      expect(withHead).toMatchObject({ ok: false, kind: 'cut', firstBadLine: kept + 1 });
      expect((await check(cut)).ok, `${kept} lines`).toBe(false);
      expect((await check(cut, { verifySignature })).kind).toBe('cut');
    }
    expect(await check([])).toMatchObject({ ok: false, kind: 'cut', firstBadLine: 1 });
  });

  it('AUD-09: a last line that was cut short', async () => {
    const text = log.map((line) => `${line}\n`).join('');
    for (const cut of [1, 2, 50, 300]) {
      const verdict = await verifyAuditLog(pieces(text.slice(0, -cut), 4096), all);
      expect(verdict).toMatchObject({ ok: false, kind: 'torn', firstBadLine: log.length });
    }
  });

  it('AUD-09: a line changed with the chain made anew after it: the MAC says so, or else the signature', async () => {
    const place = middle();
    const changed = log.with(place - 1, (log[place - 1] as string).replace('kv/data', 'kv/date'));
    const forged = rechain(changed, place);
    expect(await check(forged, { chainKey })).toMatchObject({ ok: false, kind: 'forged' });
    expect((await check(forged, { chainKey })).firstBadLine).toBeLessThanOrEqual(place);
    const bySignature = await check(forged, { verifySignature });
    expect(bySignature).toMatchObject({ ok: false, kind: 'forged' });
  });

  it('AUD-09: MACs taken out altogether', async () => {
    const place = middle();
    const changed = log.with(place - 1, (log[place - 1] as string).replace('kv/data', 'kv/date'));
    const forged = rechain(changed, place).map((line, index) =>
      index + 1 < place ? line : line.replace(/,"mac":"[^"]*"\}$/, '}'),
    );
    expect((await check(forged, { chainKey, head })).ok).toBe(false);
    const withoutCheckpoints = forged.filter(
      (line, index) => index + 1 < place || !line.includes('"type":"checkpoint"'),
    );
    expect((await check(rechain(withoutCheckpoints, place), { chainKey })).ok).toBe(false);
  });

  it('AUD-09: signatures, heads and logs of somebody else', async () => {
    const signer: VerifyOptions = { verifySignature: () => false };
    expect(await check(log, signer)).toMatchObject({ ok: false, kind: 'forged', firstBadLine: 1 });
    expect(await check(log, { chainKey: fixedKey(8) })).toMatchObject({ ok: false, kind: 'forged', firstBadLine: 1 });
    const covers = { seq: 3, chain: 'a'.repeat(64) };
    expect(await check(log, { ...all, head: { ...head, covers } })).toMatchObject({ ok: false, kind: 'forged' });
    const signature = (await signCheckpoint(checkpointDigest(covers))).toString('base64');
    const other: AuditHead = { ...head, log: 'b'.repeat(64), covers, signature };
    expect(await check(log.slice(0, -1), { ...all, head: other })).toMatchObject({ ok: false, kind: 'cut' });
    expect(await check(log, { ...all, head: other })).toMatchObject({ ok: true });
  });

  it('AUD-09: a log that starts in the middle, or is none', async () => {
    expect(await check(log.slice(1))).toMatchObject({ ok: false, firstBadLine: 1 });
    expect(await check(['{"time":"x"}'])).toMatchObject({ ok: false, firstBadLine: 1 });
    const request = log.find((line) => line.includes('"type":"request"')) as string;
    const alone = rechain([request], 1);
    expect(await check(alone, {})).toMatchObject({ ok: false, kind: 'malformed', firstBadLine: 1 });
  });

  it('AUD-09: a line without end is not read into memory whole', async () => {
    let given = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        given += 1;
        yield Buffer.alloc(1_048_576, 0x61);
      }
    }
    expect(await verifyAuditLog(endless(), all)).toMatchObject({ ok: false, kind: 'torn' });
    expect(given).toBeLessThan(40);
  });
});

describe('a log that is still being written', () => {
  it('is right with its head, and not proven whole without', async () => {
    const last = log.findLastIndex((line) => line.includes('"reason":"interval"'));
    const end = log.findIndex((line, index) => index > last && line.includes('"mac"'));
    const running = log.slice(0, end + 1);
    const members = JSON.parse(log[last] as string) as {
      covers: ChainPosition;
      time: string;
      key_id: string;
      signature: string;
      seq: number;
      chain: string;
    };
    const { covers, time, key_id: keyId, signature, seq, chain } = members;
    const current: AuditHead = { log: head.log, seq, chain, covers, time, keyId, signature };
    expect(await check(running, { ...all, head: current })).toMatchObject({ ok: true });
    expect(await check(running)).toMatchObject({ ok: false, kind: 'cut', firstBadLine: running.length + 1 });
  });
});

describe('a head that was edited', () => {
  it('AUD-09: its own place is not signed, so a log cut before what it covers is cut all the same', async () => {
    const covered = head.covers.seq;
    for (let kept = 1; kept < covered; kept += 1) {
      const seal = readSeal(Buffer.from(log[kept - 1] as string));
      if (seal?.mac === undefined) continue;
      const edited: AuditHead = { ...head, seq: seal.seq, chain: seal.chain };
      const verdict = await check(log.slice(0, kept), { ...all, head: edited });
      expect(verdict, `cut after line ${kept}`).toMatchObject({ ok: false, kind: 'cut' });
    }
  });
});
