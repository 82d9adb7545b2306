/** A server in small: opens the token it is told of on standard input, prints the child's process id, and stays. */
import { readFileSync } from 'node:fs';
import { systemRandom } from '../../src/crypto/index.ts';
import { Pkcs11KeyProvider } from '../../src/keys/index.ts';
import { SecretText, systemClock } from '../../src/lib/index.ts';

const order = JSON.parse(readFileSync(0, 'utf8')) as Record<'modulePath' | 'label' | 'pin' | 'configuration', string>;
const keys = new Pkcs11KeyProvider({
  modulePath: order.modulePath,
  tokenLabel: order.label,
  readPin: () => new SecretText(order.pin),
  clock: systemClock,
  random: systemRandom,
  environment: { SOFTHSM2_CONF: order.configuration },
});
await keys.started();
process.stdout.write(String(keys.childPid()));
