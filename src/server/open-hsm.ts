import type { Log } from '../core/index.ts';
import { systemRandom } from '../crypto/index.ts';
import { type KeyHealth, Pkcs11KeyProvider } from '../keys/index.ts';
import { type Clock, SecretText, StrongroomError } from '../lib/index.ts';
import type { HsmConfig } from './config/index.ts';
import { readPrivateFile } from './listeners/index.ts';

/** What PKCS#11 modules read of the environment; nothing else of it reaches the process that loads one. */
const moduleVariables =
  /^(?:SOFTHSM2_CONF|CLOUDHSM_[A-Z_]+|NFAST_[A-Z_]+|LUNA_[A-Z_]+|YUBIHSM_PKCS11_CONF|PKCS11_[A-Z_]+)$/;

/** A start under way is no fault: one that fails, or does not end by its deadline, is told as one by what it becomes. */
export function sayHealth(log: Log, { state, detail }: KeyHealth): void {
  if (state === 'ok') log.info({ state, detail }, 'the HSM is ready');
  else if (state === 'degraded' && detail === 'starting') log.info({ detail }, 'opening the HSM');
  else log.error({ state, detail }, 'the HSM is not ready');
}

/** Starts the process that speaks to a token. It goes on trying when the token is not there yet. */
export function openHsm(config: HsmConfig, parts: { readonly clock: Clock; readonly log: Log }): Pkcs11KeyProvider {
  const environment = Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => moduleVariables.test(entry[0]) && entry[1] !== undefined,
    ),
  );
  return new Pkcs11KeyProvider({
    modulePath: config.modulePath,
    ...(config.tokenLabel !== undefined && { tokenLabel: config.tokenLabel }),
    ...(config.tokenSerial !== undefined && { tokenSerial: config.tokenSerial }),
    ...(config.sessions !== undefined && { sessions: config.sessions }),
    ...(config.libraryParameters !== undefined && { libraryParameters: config.libraryParameters }),
    readPin: () => readPin(config.pin),
    environment,
    clock: parts.clock,
    random: systemRandom,
    onHealth: (health) => sayHealth(parts.log, health),
  });
}

async function readPin(pin: HsmConfig['pin']): Promise<SecretText> {
  if ('file' in pin) {
    const bytes = await readPrivateFile(pin.file, 'PIN file');
    return new SecretText(bytes.toString('utf8').replace(/\r?\n$/, ''));
  }
  const text = process.env[pin.variable] ?? process.env['VAULT_HSM_PIN'];
  if (text) return new SecretText(text);
  throw new StrongroomError('precondition_failed', 'there is no PIN for the HSM', {
    hint: `give pin_file in the stanza, or set ${pin.variable}`,
  });
}
