import { SecretBytes } from '../lib/index.ts';
import type { Random } from './random.ts';

/**
 * Shamir's secret sharing over GF(2^8) with the AES polynomial. Vault's share form: one byte of y a secret byte, then
 * one byte of x. No table is indexed by a secret byte: products and inverses are computed bit by bit, in time that
 * does not depend on the values.
 */

/** Product in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1, without branches on its operands. */
function multiply(left: number, right: number): number {
  let product = 0;
  let factor = left;
  for (let bit = 0; bit < 8; bit += 1) {
    product ^= factor & -((right >> bit) & 1);
    factor = ((factor << 1) ^ (0x11b & -((factor >> 7) & 1))) & 0xff;
  }
  return product & 0xff;
}

/** a^254, which is the inverse of a for a ≠ 0 (Fermat), and 0 for 0. */
function invert(value: number): number {
  let result = 1;
  let power = value;
  for (let bit = 1; bit < 8; bit += 1) {
    power = multiply(power, power);
    result = multiply(result, power);
  }
  return result;
}

/** Splits `secret` into `shares` parts, any `threshold` of which give it back. Both are in 2…255. */
export function splitSecret(secret: SecretBytes, shares: number, threshold: number, random: Random): SecretBytes[] {
  if (!(threshold >= 2 && threshold <= shares && shares <= 255))
    throw new RangeError('need 2 ≤ threshold ≤ shares ≤ 255');
  const bytes = secret.insecureBytes();
  const parts = Array.from({ length: shares }, () => Buffer.alloc(bytes.length + 1));
  for (let index = 0; index < bytes.length; index += 1) {
    const coefficients = random.bytes(threshold - 1);
    for (let share = 0; share < shares; share += 1) {
      const x = share + 1;
      let y = 0;
      for (let degree = threshold - 2; degree >= 0; degree -= 1) y = multiply(y, x) ^ (coefficients[degree] as number);
      (parts[share] as Buffer)[index] = multiply(y, x) ^ (bytes[index] as number);
    }
    coefficients.fill(0);
  }
  for (let share = 0; share < shares; share += 1) (parts[share] as Buffer)[bytes.length] = share + 1;
  return parts.map((part) => new SecretBytes(part));
}

/**
 * Puts shares together again. Wrong shares give a wrong secret, not an error: the caller checks the result against what
 * it protects. Answers undefined when shares have different lengths, fewer than two bytes, or the same x.
 */
export function combineShares(shares: readonly SecretBytes[]): SecretBytes | undefined {
  const parts = shares.map((share) => share.insecureBytes());
  const length = parts[0]?.length ?? 0;
  const xs = parts.map((part) => part[length - 1] as number);
  if (length < 2 || parts.some((part) => part.length !== length)) return undefined;
  if (xs.includes(0) || new Set(xs).size !== xs.length) return undefined;
  const secret = Buffer.alloc(length - 1);
  parts.forEach((part, own) => {
    let weight = 1;
    xs.forEach((x, other) => {
      if (other !== own) weight = multiply(weight, multiply(x, invert(x ^ (xs[own] as number))));
    });
    for (let index = 0; index < secret.length; index += 1) {
      secret[index] = (secret[index] as number) ^ multiply(weight, part[index] as number);
    }
  });
  return new SecretBytes(secret);
}
