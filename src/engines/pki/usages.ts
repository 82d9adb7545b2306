import { StrongroomError } from '../../lib/index.ts';
import { type ExtendedKeyUsageName, extendedKeyUsageOids, isOid, type KeyUsage, keyUsages } from '../../x509/index.ts';

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
