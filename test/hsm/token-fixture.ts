import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { systemRandom } from '../../src/crypto/index.ts';
import { Pkcs11KeyProvider, type Pkcs11Options } from '../../src/keys/index.ts';
import { SecretText, systemClock } from '../../src/lib/index.ts';

const run = promisify(execFile);
const beside = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** A SoftHSM token in a folder of its own, made by the command that users run. */
export interface TokenFixture {
  readonly folder: string;
  readonly tokensFolder: string;
  readonly configuration: string;
  readonly modulePath: string;
  readonly label: string;
  readonly serial: string;
  readonly pin: string;
  /** Options for a provider on this token. */
  options(overrides?: Partial<Pkcs11Options>): Pkcs11Options;
  /** A provider on this token that has started; closed with the fixture. */
  open(overrides?: Partial<Pkcs11Options>): Promise<Pkcs11KeyProvider>;
  /** Does something to the token from another process, as another program on the machine would. */
  tamper(action: 'delete' | 'plant', id: string, attributes?: Readonly<Record<string, boolean>>): Promise<string>;
  dispose(): Promise<void>;
}

export async function createToken(folder: string, label = 'strongroom'): Promise<Record<string, unknown>> {
  const command = beside('../../hsm/create-token.ts');
  const { stdout } = await run(process.execPath, [command, '--folder', folder, '--label', label]);
  return JSON.parse(stdout) as Record<string, unknown>;
}

export async function makeTokenFixture(label = 'strongroom'): Promise<TokenFixture> {
  const folder = mkdtempSync(join(tmpdir(), 'strongroom-hsm-'));
  const facts = await createToken(folder, label);
  const text = (name: string): string => String(facts[name]);
  const pin = readFileSync(text('pinFile'), 'utf8').trim();
  const [configuration, modulePath, serial] = [text('configuration'), text('module'), text('serial')];
  const opened: Pkcs11KeyProvider[] = [];
  const options = (overrides: Partial<Pkcs11Options> = {}): Pkcs11Options => ({
    modulePath,
    tokenLabel: label,
    readPin: () => new SecretText(pin),
    clock: systemClock,
    random: systemRandom,
    environment: { SOFTHSM2_CONF: configuration },
    ...overrides,
  });
  const open = async (overrides?: Partial<Pkcs11Options>): Promise<Pkcs11KeyProvider> => {
    const keys = new Pkcs11KeyProvider(options(overrides));
    opened.push(keys);
    await keys.started();
    return keys;
  };
  const tamper: TokenFixture['tamper'] = async (action, id, attributes = {}) => {
    const running = run(process.execPath, [beside('tamper-with-token.ts')], {
      env: { ...process.env, SOFTHSM2_CONF: configuration },
    });
    running.child.stdin?.end(JSON.stringify({ modulePath, label, pin, action, id, attributes }));
    return (await running).stdout;
  };
  const dispose = async (): Promise<void> => {
    await Promise.all(opened.map((keys) => keys.close()));
    rmSync(folder, { recursive: true, force: true });
  };
  const tokensFolder = join(folder, 'tokens');
  return { folder, tokensFolder, configuration, modulePath, label, serial, pin, options, open, tamper, dispose };
}

/** Looks until the condition holds; fails with its name when it has not by then. */
export async function until(
  name: string,
  condition: () => boolean | Promise<boolean>,
  limitMillis = 20_000,
): Promise<void> {
  const start = systemClock.monotonicMillis();
  while (!(await condition())) {
    if (systemClock.monotonicMillis() - start > limitMillis) throw new Error(`not in time: ${name}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Whether the process is there; a zombie is not. */
export function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
