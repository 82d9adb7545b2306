import type { SubjectPublicKey } from './subject-public-key.ts';

const fermatRounds = 100;

/** Product of the primes below 752, as in the FIPS 186 style trial division other authorities use. */
const smallPrimeProduct: bigint = primesBelow(752).reduce((product, prime) => product * BigInt(prime), 1n);

function primesBelow(limit: number): number[] {
  const primes: number[] = [];
  for (let candidate = 2; candidate < limit; candidate += 1) {
    if (primes.every((prime) => candidate % prime !== 0)) primes.push(candidate);
  }
  return primes;
}

const toBigInt = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString('hex')}`);

function greatestCommonDivisor(left: bigint, right: bigint): bigint {
  let [a, b] = [left, right];
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}

/** Floor of the square root by Newton's method from above. */
function squareRoot(value: bigint): bigint {
  if (value < 2n) return value;
  let guess = 1n << BigInt(Math.ceil(value.toString(16).length * 2) + 1);
  for (;;) {
    const next = (guess + value / guess) >> 1n;
    if (next >= guess) return guess;
    guess = next;
  }
}

const squaresModulo256 = new Set(Array.from({ length: 256 }, (_, root) => (root * root) & 255));
const squaresModulo315 = new Set(Array.from({ length: 315 }, (_, root) => (root * root) % 315));

function isSquare(value: bigint): boolean {
  if (!squaresModulo256.has(Number(value & 255n)) || !squaresModulo315.has(Number(value % 315n))) return false;
  const root = squareRoot(value);
  return root * root === value;
}

/** Fermat's factorisation finds the primes at once when they are close (weak generators made such keys). */
function hasClosePrimes(modulus: bigint): boolean {
  let candidate = squareRoot(modulus);
  if (candidate * candidate < modulus) candidate += 1n;
  for (let round = 0; round < fermatRounds; round += 1) {
    if (isSquare(candidate * candidate - modulus)) return true;
    candidate += 1n;
  }
  return false;
}

function findRsaWeakness(modulusBytes: Buffer, exponentBytes: Buffer): string | undefined {
  if ((modulusBytes[modulusBytes.length - 1] as number) % 2 === 0) return 'the RSA modulus is even';
  if (exponentBytes.length > 8) return 'the RSA exponent is too large';
  const exponent = toBigInt(exponentBytes);
  if (exponent < 65_537n || exponent % 2n === 0n) return 'the RSA exponent must be odd and at least 65537';
  const modulus = toBigInt(modulusBytes);
  if (greatestCommonDivisor(smallPrimeProduct, modulus % smallPrimeProduct) !== 1n) {
    return 'the RSA modulus has a small factor';
  }
  return hasClosePrimes(modulus) ? 'the primes of the RSA modulus are close to each other' : undefined;
}

/** y of the points of order 1, 2, 4 and 8 (RFC 7748 curve in Edwards form), sign bit cleared. */
const smallOrderPoints: ReadonlySet<string> = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
]);

function findEd25519Weakness(point: Buffer): string | undefined {
  const bare = Buffer.from(point);
  bare[31] = (bare[31] as number) & 0x7f;
  if (smallOrderPoints.has(bare.toString('hex'))) return 'the Ed25519 point has small order';
  const top = bare.subarray(1, 31).every((octet) => octet === 0xff) && bare[31] === 0x7f;
  return top && (bare[0] as number) >= 0xed ? 'the Ed25519 point is not in canonical form' : undefined;
}

/** The first reason why nobody should certify this key, or undefined. EC points are checked when the key is loaded. */
export function findKeyWeakness(key: SubjectPublicKey): string | undefined {
  if (key.rsa) return findRsaWeakness(key.rsa.modulus, key.rsa.exponent);
  return key.kind === 'ed25519' ? findEd25519Weakness(key.publicBytes) : undefined;
}
