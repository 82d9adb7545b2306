import { readdirSync, readFileSync, renameSync } from 'node:fs';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type KeyHealth, Pkcs11KeyProvider } from '../../src/keys/index.ts';
import { SecretText } from '../../src/lib/index.ts';
import { createToken, isRunning, makeTokenFixture, type TokenFixture, until } from './token-fixture.ts';

let token: TokenFixture;
beforeEach(async () => {
  token = await makeTokenFixture();
});
afterEach(() => token.dispose());

/** What anybody can read of every process on the machine: `ps` shows no more. */
function readProcesses(): string {
  const texts: string[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    for (const file of ['cmdline', 'environ', 'comm', 'status']) {
      try {
        texts.push(readFileSync(`/proc/${name}/${file}`, 'latin1'));
      } catch {
        // Ended meanwhile, or not ours to read.
      }
    }
  }
  return texts.join('\n');
}

const everythingOf = (value: unknown): string => inspect(value, { depth: 10, showHidden: true });

describe('PKCS#11 log-in', () => {
  it('a wrong PIN is tried once, and nothing is tried again until an operator acts', async () => {
    const seen: KeyHealth[] = [];
    let asked = 0;
    const readPin = (): SecretText => {
      asked += 1;
      return new SecretText('wrong-pin');
    };
    const keys = new Pkcs11KeyProvider(
      token.options({ readPin, maximumBackOffMillis: 1, probeMillis: 5, onHealth: (health) => seen.push(health) }),
    );
    await expect(keys.started()).rejects.toMatchObject({ code: 'keys_unavailable' });
    expect(keys.health().state).toBe('operator_needed');
    for (let round = 0; round < 50; round += 1) {
      await expect(keys.random(8)).rejects.toMatchObject({ code: 'keys_unavailable' });
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(asked).toBe(1);
    expect(seen.map((health) => health.state)).toEqual(['degraded', 'operator_needed']);
    expect(keys.childPid()).toBeUndefined();
    await keys.close();
  });

  it('SEAL-07, OPS-04: the PIN is in no command line, environment, health, error or token fact, before and after errors', async () => {
    const seen: KeyHealth[] = [];
    const errors: unknown[] = [];
    const keys = await token.open({ onHealth: (health) => seen.push(health), maximumBackOffMillis: 100 });
    const { id } = await keys.generate({ algorithm: 'ec-p256', label: 'k' });
    const atWork = readProcesses();
    expect(atWork).toContain('child/main');
    renameSync(token.tokensFolder, `${token.folder}/aside`);
    errors.push(await keys.sign(id, 'ecdsa-sha256', Buffer.from('x')).catch((error: unknown) => error));
    await until('a failed start', () => seen.some((health) => health.detail.includes('cannot be opened')));
    errors.push(await keys.sign(id, 'ecdsa-sha256', Buffer.from('x')).catch((error: unknown) => error));
    const wrong = new Pkcs11KeyProvider(token.options({ readPin: () => new SecretText(`${token.pin}-canary`) }));
    errors.push(await wrong.started().catch((error: unknown) => error));
    await wrong.close();
    const after = readProcesses();
    for (const text of [atWork, after, everythingOf([seen, errors, keys, keys.token()])]) {
      expect(text.includes(token.pin)).toBe(false);
    }
    expect(errors.length).toBe(3);
  });

  it('a PIN that cannot be read now is asked for again', async () => {
    let asked = 0;
    const readPin = (): SecretText => {
      asked += 1;
      if (asked < 3) throw new Error('vault is sealed');
      return new SecretText(token.pin);
    };
    const keys = new Pkcs11KeyProvider(token.options({ readPin, maximumBackOffMillis: 50 }));
    await expect(keys.started()).rejects.toMatchObject({ code: 'keys_unavailable' });
    await until('started', () => keys.health().state === 'ok');
    expect(asked).toBe(3);
    await keys.close();
  });
});

describe('PKCS#11 token choice', () => {
  it('two tokens of one label are refused until the serial number is given', async () => {
    const second = `${token.folder}/second`;
    const { serial } = await createToken(second);
    for (const name of readdirSync(`${second}/tokens`)) {
      renameSync(`${second}/tokens/${name}`, `${token.tokensFolder}/${name}`);
    }
    const ambiguous = new Pkcs11KeyProvider(token.options());
    await expect(ambiguous.started()).rejects.toMatchObject({ code: 'keys_unavailable' });
    expect(ambiguous.health()).toMatchObject({ state: 'operator_needed', detail: expect.stringContaining('2 tokens') });
    await ambiguous.close();
    const keys = await token.open({ tokenSerial: token.serial });
    expect(keys.token()?.tokenSerial).toBe(token.serial);
    expect(serial).not.toBe(token.serial);
  });

  it('SEAL-10: a broken configuration never gives working keys', async () => {
    const impossible = [
      { modulePath: 'libsofthsm2.so' },
      { tokenLabel: '' },
      { sessions: 0 },
      { sessions: 17 },
      { sessions: 1.5 },
    ];
    for (const overrides of impossible) {
      expect(() => new Pkcs11KeyProvider(token.options(overrides))).toThrow(
        expect.objectContaining({ code: 'invalid_field' }),
      );
    }
    const broken = [
      { modulePath: '/nonexistent/module.so' },
      { modulePath: '/etc/hostname' },
      { tokenLabel: 'another' },
      { tokenLabel: token.label.toUpperCase() },
      { tokenSerial: '0000000000000000' },
      { environment: { SOFTHSM2_CONF: '/nonexistent/softhsm2.conf' } },
    ];
    for (const overrides of broken) {
      const keys = new Pkcs11KeyProvider(token.options(overrides));
      await expect(keys.started()).rejects.toMatchObject({ code: 'keys_unavailable' });
      expect(keys.health().state).not.toBe('ok');
      await expect(keys.generate({ algorithm: 'ec-p256', label: 'k' })).rejects.toMatchObject({
        code: 'keys_unavailable',
      });
      const pid = keys.childPid();
      await keys.close();
      if (pid !== undefined) await until('the child has ended', () => !isRunning(pid));
    }
  });
});
