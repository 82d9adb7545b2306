import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Stage } from '../stage.ts';
import { dataOf } from './tokens.ts';

/** Waits until so many milliseconds have gone by since `from`. */
const waitUntil = (from: number, millis: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, from + millis - performance.now()));

export async function tellApiKeys(stage: Stage): Promise<void> {
  const { narrator } = stage;
  narrator.chapter('3. API keys', 'Keys for the callers of your own API: made here, checked here with one request.');
  narrator.say('A key for an application. It is shown once; the store keeps a keyed hash.');
  const made = dataOf(
    (
      await stage.cli([
        ...['key', 'create', '-name=invoices', '-owner=payments', '-scope=invoices:read', '-scope=invoices:write'],
        ...['-ttl=90d', '-bound-cidr=203.0.113.0/24', '-metadata=team=billing'],
      ])
    ).stdout,
  );
  const key = String(made['key']);
  const id = String(made['id']);
  narrator.check(
    /^sr_live_[0-9A-Za-z]{30,}$/.test(key),
    'its form says what it is: scanners find it, garbage is refused unread',
  );
  await tellReasons(stage, key, id);
  await tellRotation(stage, key, id);
}

/** One check through the CLI, told; answers its code. */
async function verify(stage: Stage, key: string, flags: readonly string[], valid: boolean): Promise<string> {
  const result = await stage.cli(['key', 'verify', ...flags, '-'], { stdin: key, expect: valid ? 0 : 2 });
  return String(dataOf(result.stdout)['code']);
}

async function tellReasons(stage: Stage, key: string, id: string): Promise<void> {
  const { narrator } = stage;
  const from = '-client-address=203.0.113.7';
  narrator.say('What your gateway asks for each call: is this key good, from this address, for this scope?');
  const check = async (code: string, text: string, checked: string, flags: readonly string[]): Promise<void> => {
    const got = await verify(stage, checked, flags, code === 'ok');
    narrator.check(got === code, `${code}: ${text}`);
  };
  await check('ok', 'valid', key, [from, '-scope=invoices:read']);
  await check('scope_missing', 'a scope it was not given', key, [from, '-scope=invoices:delete']);
  await check('address_refused', 'an address outside its blocks', key, ['-client-address=198.51.100.1']);
  await check('checksum', 'one letter mistyped: refused before any look into the store', mistype(key), [from]);
  await check('malformed', 'not a key at all', 'hello', [from]);
  await stage.cli(['key', 'disable', id, '-reason=check']);
  await check('disabled', 'put out of use', key, [from]);
  await stage.cli(['key', 'enable', id]);
  await tellMoreReasons(stage, check);
}

type Check = (code: string, text: string, checked: string, flags: readonly string[]) => Promise<void>;

async function tellMoreReasons(stage: Stage, check: Check): Promise<void> {
  stage.narrator.say('Keys that end by themselves: after a second, after one use, and one whose time has not come.');
  const make = async (...flags: string[]): Promise<{ key: string; id: string }> => {
    const data = dataOf((await stage.quietly(['key', 'create', '-owner=payments', ...flags])).stdout);
    return { key: String(data['key']), id: String(data['id']) };
  };
  const brief = await make('-name=brief', '-ttl=1s');
  const madeAt = performance.now();
  const single = await make('-name=single', '-credits=1');
  const later = await make('-name=later', '-not-before=2099-01-01T00:00:00Z');
  const revoked = await make('-name=revoked');
  await check('ok', 'the first use of one credit', single.key, []);
  await check('exhausted', 'the second', single.key, []);
  await check('not_yet_valid', 'its time has not come', later.key, []);
  await stage.cli(['key', 'revoke', revoked.id, '-reason=left the company']);
  await check('revoked', 'revoked for good', revoked.key, []);
  await waitUntil(madeAt, 1_100);
  await check('expired', 'its second is over', brief.key, []);
}

async function tellRotation(stage: Stage, key: string, id: string): Promise<void> {
  const { narrator } = stage;
  const from = '-client-address=203.0.113.7';
  narrator.say('Rotate it: both keys are good for two seconds, then only the new one.');
  const next = dataOf((await stage.cli(['key', 'rotate', id, '-overlap=2s'])).stdout);
  const nextKey = String(next['key']);
  const rotatedAt = performance.now();
  const during = [await verify(stage, key, [from], true), await verify(stage, nextKey, [from], true)];
  narrator.check(during.join() === 'ok,ok', 'during the overlap both are valid');
  await waitUntil(rotatedAt, 2_100);
  narrator.check((await verify(stage, key, [from], false)) === 'rotated', 'after it the old one is refused');
  narrator.check((await verify(stage, nextKey, [from], true)) === 'ok', 'and the new one is valid');
  narrator.say('Look for the keys in every byte of the data folder and of the audit log.');
  const searched = searchFiles([stage.file('data'), stage.file('data-audit.log')], [key, nextKey]);
  narrator.answer(
    `${searched.files} files, ${searched.bytes} bytes: ${searched.found} hits of the keys, their base64 or hex`,
  );
  narrator.check(searched.files > 0 && searched.found === 0, 'the keys are nowhere on the disk');
}

/** Another letter in the middle of the body. */
function mistype(key: string): string {
  const at = key.length - 12;
  return `${key.slice(0, at)}${key[at] === 'a' ? 'b' : 'a'}${key.slice(at + 1)}`;
}

/** Counts where a secret stands in files, as it is or in its usual encodings. */
export function searchFiles(
  places: readonly string[],
  secrets: readonly string[],
): { files: number; bytes: number; found: number } {
  const patterns = secrets.flatMap((secret) => {
    const bytes = Buffer.from(secret);
    return [
      bytes,
      Buffer.from(bytes.toString('hex')),
      Buffer.from(bytes.toString('base64').replace(/=+$/, '').slice(0, -2)),
    ];
  });
  const files = places.flatMap((place) =>
    statSync(place).isDirectory()
      ? readdirSync(place, { recursive: true, encoding: 'utf8' }).map((name) => join(place, name))
      : [place],
  );
  const contents = files.filter((path) => statSync(path).isFile()).map((path) => readFileSync(path));
  return {
    files: contents.length,
    bytes: contents.reduce((sum, content) => sum + content.length, 0),
    found: contents.reduce((sum, content) => sum + patterns.filter((pattern) => content.includes(pattern)).length, 0),
  };
}
