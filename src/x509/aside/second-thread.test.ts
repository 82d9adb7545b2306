import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemRandom } from '../../crypto/index.ts';
import { buildTbsCertificate } from '../certificate/index.ts';
import { type CertificateTemplate, issueCertificate, newSerial, type SignTbs } from '../index.ts';
import { commonName, leafTemplate, makeRoot, refusalOf, type TestAuthority, testKey } from '../testing/authority.ts';
import { secondThread } from './index.ts';
import type { Question } from './question.ts';
import { SecondThread, type SecondThreadOptions } from './second-thread.ts';

let root: TestAuthority;
let template: CertificateTemplate;
const made: SecondThread[] = [];

beforeAll(async () => {
  root = await makeRoot();
  template = leafTemplate(await testKey('leaf'));
});

afterEach(async () => {
  await Promise.all([...made.splice(0), secondThread].map((thread) => thread.end()));
});

async function started(options: Partial<SecondThreadOptions> = {}): Promise<SecondThread> {
  const thread = new SecondThread({ startAt: 1, ...options });
  made.push(thread);
  await start(thread);
  return thread;
}

async function start(thread: SecondThread): Promise<void> {
  await Promise.all(Array.from({ length: 4 }, () => thread.during(() => Promise.resolve())));
  await vi.waitUntil(() => thread.isReady, { timeout: 9_000, interval: 2 });
}

const about = (changes: Partial<Extract<Question, { about: 'certificate' }>> = {}): Question => ({
  about: 'certificate',
  tbs: buildTbsCertificate(template, root.issuer),
  template,
  issuer: root.issuer,
  ...changes,
});

async function aboutSignature(spoilt = false): Promise<Question> {
  const data = Buffer.from('to be signed');
  const signature = Buffer.from(await root.sign(data));
  if (spoilt) data[0] = 0;
  return { about: 'signature', publicKey: root.issuer.publicKey, scheme: root.issuer.scheme, data, signature };
}

describe('the second thread', () => {
  it('says yes to what every rule lets pass and to a signature that verifies, and to nothing else', async () => {
    const thread = await started();
    await expect(thread.ask(about())).resolves.toBe(true);
    const another = { ...template, serial: newSerial(systemRandom) };
    await expect(thread.ask(about({ template: another }))).resolves.toBe(false);
    const outside = { ...template, subject: commonName('evil.test') };
    await expect(
      thread.ask(about({ tbs: buildTbsCertificate(outside, root.issuer), template: outside })),
    ).resolves.toBe(false);
    await expect(thread.ask(about({ tbs: Buffer.from('no certificate') }))).resolves.toBe(false);
    await expect(thread.ask(await aboutSignature())).resolves.toBe(true);
    await expect(thread.ask(await aboutSignature(true))).resolves.toBe(false);
  });

  it('is there only while as many are made at once as it is worth, and ends when nobody asks', async () => {
    const thread = new SecondThread({ startAt: 3, idleMillis: 100 });
    made.push(thread);
    await Promise.all([thread.during(() => Promise.resolve()), thread.during(() => Promise.resolve())]);
    expect(thread.ask(about())).toBeUndefined();
    expect(thread.isRunning).toBe(false);
    await start(thread);
    await vi.waitUntil(() => !thread.isRunning, { timeout: 20_000 });
    expect(thread.ask(about())).toBeUndefined();
  });

  it('takes no more questions than it may have on their way', async () => {
    const thread = await started({ mostPending: 2 });
    const taken = [thread.ask(about()), thread.ask(about()), thread.ask(about())];
    expect(taken.map((answer) => answer !== undefined)).toEqual([true, true, false]);
    await expect(Promise.all(taken)).resolves.toEqual([true, true, undefined]);
  });

  it('does not keep the process alive', async () => {
    const keeping = () => process.getActiveResourcesInfo().filter((name) => name === 'MessagePort').length;
    const before = keeping();
    const thread = await started();
    await thread.ask(about());
    expect(keeping()).toBe(before);
  });

  it('leaves to who asked what it had not answered when it ended, and can be started anew', async () => {
    const thread = await started();
    const answer = thread.ask(about());
    await thread.end();
    await expect(answer).resolves.toBe(false);
    expect(thread.ask(about())).toBeUndefined();
    await start(thread);
    await expect(thread.ask(about())).resolves.toBe(true);
  });
});

describe('issuing beside a second thread', () => {
  beforeEach(() => start(secondThread));

  const issue = (sign: SignTbs = root.sign) => issueCertificate({ template, issuer: root.issuer, sign });

  it('asks it about each certificate and each signature', async () => {
    const ask = vi.spyOn(secondThread, 'ask');
    const { der } = await issue();
    expect(ask.mock.calls.map(([question]) => question.about)).toEqual(['certificate', 'signature']);
    await expect(Promise.all(ask.mock.results.map(({ value }) => value))).resolves.toEqual([true, true]);
    expect(der.subarray(4, 4 + 8).equals(buildTbsCertificate(template, root.issuer).subarray(0, 8))).toBe(true);
    ask.mockRestore();
  });

  it('refuses with the same words, before the key signs', async () => {
    const refusal = await refusalOf(root, { subject: commonName('evil.test') });
    await secondThread.end();
    expect(refusal).toBe(await refusalOf(root, { subject: commonName('evil.test') }));
  });

  it('gives out nothing whose signature does not verify', async () => {
    await expect(issue((tbs) => root.sign(Buffer.concat([tbs, Buffer.alloc(1)])))).rejects.toThrow('does not verify');
  });

  it('issues all the same when the thread ends meanwhile', async () => {
    const many = Promise.all(Array.from({ length: 40 }, () => issue()));
    await secondThread.end();
    expect(await many).toHaveLength(40);
  });
});
