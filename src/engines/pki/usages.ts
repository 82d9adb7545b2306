import { StrongroomError } from '../../lib/index.ts';
import {
  type ExtendedKeyUsageName,
  extendedKeyUsageOids,
  fitKeyUsage,
  isOid,
  type KeyUsage,
  keyUsages,
  type SubjectPublicKey,
} from '../../x509/index.ts';

type PublicKeyKind = SubjectPublicKey['kind'];

const plain = (name: string): string => name.replace(/^(?:x509\.)?(?:KeyUsage|ExtKeyUsage)?/i, '').toLowerCase();

const byName = new Map<string, KeyUsage>([
  ...keyUsages.map((usage): [string, KeyUsage] => [usage.toLowerCase(), usage]),
  ['certsign', 'keyCertSign'],
  ['nonrepudiation', 'contentCommitment'],
]);

/** Usages by Vault's names (`DigitalSignature`, `KeyEncipherment`, `CertSign` …), with or without Go's prefix. */
export function readKeyUsages(names: readonly string[]): KeyUsage[] {
  return names
    .filter((name) => name !== '')
    .map((name) => {
      const usage = byName.get(plain(name));
      if (usage) return usage;
      throw new StrongroomError('invalid_field', `unrecognized key usage ${JSON.stringify(name.slice(0, 32))}`, {
        hint: 'such as DigitalSignature, KeyAgreement, KeyEncipherment',
      });
    });
}

/** What a role has that names none (Vault's default); what a key cannot have of them is left out without a word. */
export const usualKeyUsages: readonly string[] = ['DigitalSignature', 'KeyAgreement', 'KeyEncipherment'];

const isUsual = (wished: readonly KeyUsage[]): boolean => {
  const usual = readKeyUsages(usualKeyUsages);
  return wished.length === usual.length && usual.every((usage) => wished.includes(usage));
};

/**
 * Usages by name that a key of this kind can have. Refuses when it can have none of them: a certificate without the
 * extension would be for every usage (RFC 5280 4.2.1.3).
 */
export function usagesOfKey(names: readonly string[], kind: PublicKeyKind): KeyUsage[] {
  const wished = readKeyUsages(names);
  const fit = fitKeyUsage(wished, kind);
  if (wished.length > 0 && fit.length === 0) {
    throw new StrongroomError('invalid_request', `a key of type ${kind} can have none of the key usages asked for`, {
      hint: `take another type of key, or another key_usage than ${wished.join(', ')}`,
    });
  }
  return fit;
}

/** What is said of usages that a key of this kind cannot have; undefined when there is nothing to say. */
export function usagesLeftOut(names: readonly string[], kind: PublicKeyKind): string | undefined {
  const wished = readKeyUsages(names);
  const fit = fitKeyUsage(wished, kind);
  const missing = wished.filter((usage) => !fit.includes(usage));
  if (missing.length === 0 || isUsual(wished)) return undefined;
  return `key usages that a key of type ${kind} cannot have were left out: ${missing.join(', ')}`;
}

const purposes = new Map<string, string>(
  (Object.keys(extendedKeyUsageOids) as ExtendedKeyUsageName[]).map((name) => [
    name.toLowerCase(),
    extendedKeyUsageOids[name],
  ]),
);

/** Purposes by name (`ServerAuth` …) and by OID, each once. */
export function readPurposes(names: readonly string[], oids: readonly string[]): string[] {
  const named = names
    .filter((name) => name !== '')
    .map((name) => {
      const oid = purposes.get(plain(name));
      if (oid) return oid;
      throw new StrongroomError(
        'invalid_field',
        `unrecognized extended key usage ${JSON.stringify(name.slice(0, 32))}`,
        { hint: 'such as ServerAuth, ClientAuth, EmailProtection' },
      );
    });
  for (const oid of oids) {
    if (!isOid(oid))
      throw new StrongroomError('invalid_field', `${JSON.stringify(oid.slice(0, 32))} is not an OID`, {
        hint: 'write 1.3.6.1.5.5.7.3.2',
      });
  }
  return [...new Set([...named, ...oids])];
}
