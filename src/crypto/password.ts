import { argon2 } from 'node:crypto';
import type { SecretText } from '../lib/index.ts';
import { equalSecrets } from './digest.ts';
import type { Random } from './random.ts';

/** RFC 9106 second recommendation lowered to OWASP's: 19 MiB, 2 passes, 1 lane; about 20 ms on a server core. */
export interface PasswordCost {
  readonly memoryKib: number;
  readonly passes: number;
  readonly lanes: number;
}

export const defaultPasswordCost: PasswordCost = { memoryKib: 19_456, passes: 2, lanes: 1 };

const tagLength = 32;
const phcPattern =
  /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{22,86})\$([A-Za-z0-9+/]{43,86})$/;

function argon2id(password: SecretText, salt: Buffer, cost: PasswordCost): Promise<Buffer> {
  const parameters = {
    message: Buffer.from(password.insecureText(), 'utf8'),
    nonce: salt,
    parallelism: cost.lanes,
    tagLength,
    memory: cost.memoryKib,
    passes: cost.passes,
  };
  return new Promise((resolve, reject) => {
    argon2('argon2id', parameters, (error, key) => (error ? reject(error) : resolve(Buffer.from(key))));
  });
}

const unpadded = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');

/** Argon2id of a password (RFC 9106) in the PHC text form, computed off the main thread. */
export async function hashPassword(password: SecretText, random: Random, cost = defaultPasswordCost): Promise<string> {
  const salt = random.bytes(16);
  const key = await argon2id(password, salt, cost);
  return `$argon2id$v=19$m=${cost.memoryKib},t=${cost.passes},p=${cost.lanes}$${unpadded(salt)}$${unpadded(key)}`;
}

/** Whether `password` is the one behind `phc`. False for anything that is not such a text. */
export async function verifyPassword(password: SecretText, phc: string): Promise<boolean> {
  const parts = phcPattern.exec(phc);
  if (!parts) return false;
  const cost = { memoryKib: Number(parts[1]), passes: Number(parts[2]), lanes: Number(parts[3]) };
  const salt = Buffer.from(parts[4] as string, 'base64');
  return equalSecrets(await argon2id(password, salt, cost), Buffer.from(parts[5] as string, 'base64'));
}
