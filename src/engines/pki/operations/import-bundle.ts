import type { Answer, EngineRequest, Mount } from '../../../core/index.ts';
import { PrivateKey } from '../../../crypto/index.ts';
import { SecretBytes, StrongroomError } from '../../../lib/index.ts';
import {
  decodePem,
  describeIssuer,
  type ParsedCertificate,
  type PemBlock,
  parseCertificate,
  serialKey,
} from '../../../x509/index.ts';
import { readCertificate } from '../authority.ts';
import { importKey, requireImportable } from '../make-key.ts';
import { allIssuers, allKeys, type PkiStore, withConfig } from '../pki-store.ts';
import type { IssuerRecord, KeyRecord } from '../records.ts';
import { adoptRevocations } from './adopt-revocations.ts';
import { newIssuer } from './generate-root.ts';

const maxBlocks = 64;

/** Takes in CA certificates, and with `keys` their private keys; each certificate finds its key by its public half. */
export async function importBundle(
  pki: PkiStore,
  request: EngineRequest<unknown>,
  pem: string,
  options: { readonly keys: boolean },
): Promise<Answer> {
  const blocks = readBlocks(pem);
  const certificates = blocks.filter((block) => block.label === 'CERTIFICATE').map((block) => readAuthority(block));
  const keyBlocks = blocks.filter((block) => block.label.endsWith('PRIVATE KEY'));
  if (keyBlocks.length > 0 && !options.keys) {
    throw new StrongroomError('invalid_request', 'private keys found in the PEM but not allowed by the path', {
      hint: 'use issuers/import/bundle or config/ca',
    });
  }
  if (certificates.length + keyBlocks.length !== blocks.length || blocks.length === 0) {
    throw new StrongroomError('invalid_request', 'the PEM holds neither certificates nor keys', {
      hint: 'send certificates and unencrypted private keys',
    });
  }
  const readable = readKeys(keyBlocks);
  await adoptRevocations(pki, request.mount, certificates);
  const keys = await importKeys(pki, request, readable);
  return importCertificates(pki, request, certificates, keys);
}

function readBlocks(pem: string): PemBlock[] {
  if (pem.trim() === '') throw new StrongroomError('missing_field', 'no data provided', { hint: 'send PEM text' });
  // Header lines in a block are how old tools encrypt a key.
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----\s*Proc-Type: *4, *ENCRYPTED/.test(pem)) throw encrypted();
  const blocks = decodePem(pem);
  if (blocks.length > maxBlocks)
    throw new StrongroomError('invalid_field', 'too many PEM blocks', { hint: `${maxBlocks} at most` });
  return blocks;
}

/** Only a CA's certificate can be an issuer: refused otherwise. */
function readAuthority(block: PemBlock): ParsedCertificate {
  const certificate = parseCertificate(block.der);
  describeIssuer(certificate);
  return certificate;
}

interface ImportedKeys {
  readonly imported: readonly string[];
  readonly existing: readonly string[];
}

const encrypted = (): StrongroomError =>
  new StrongroomError('invalid_request', 'the private key is encrypted', {
    hint: 'send it unencrypted: openssl pkcs8 -in key.pem -topk8 -nocrypt',
  });

/** Every key is read and found good before the first is taken in. */
function readKeys(blocks: readonly PemBlock[]): PrivateKey[] {
  return blocks.map((block) => {
    if (block.label === 'ENCRYPTED PRIVATE KEY') throw encrypted();
    const key = PrivateKey.fromPem(block.label, new SecretBytes(block.der));
    requireImportable(key);
    return key;
  });
}

async function importKeys(
  pki: PkiStore,
  request: EngineRequest<unknown>,
  keys: readonly PrivateKey[],
): Promise<ImportedKeys> {
  const imported = new Set<string>();
  const existing = new Set<string>();
  for (const key of keys) {
    const { record, isNew } = await importKey(pki, request.mount, key);
    if (isNew) imported.add(record.id);
    else if (!imported.has(record.id)) existing.add(record.id);
  }
  return { imported: [...imported], existing: [...existing] };
}

/** Takes in one key alone. */
export async function importOneKey(
  pki: PkiStore,
  mount: Mount,
  pem: string,
  name: string | undefined,
): Promise<KeyRecord> {
  const blocks = readBlocks(pem);
  const [block] = blocks;
  if (blocks.length !== 1 || !block?.label.endsWith('PRIVATE KEY')) {
    throw new StrongroomError('invalid_request', 'the PEM does not hold one private key alone', {
      hint: 'certificates with their keys go to issuers/import/bundle',
    });
  }
  const [key] = readKeys([block]);
  const { record, isNew } = await importKey(pki, mount, key as PrivateKey, name);
  if (!isNew && name !== undefined && name !== '' && record.name !== name) {
    throw new StrongroomError('invalid_request', 'this key is here already, under another name', {
      hint: `rename it: key/${record.id}`,
    });
  }
  return record;
}

const orNull = (ids: readonly string[]): readonly string[] | null => (ids.length === 0 ? null : ids);

async function importCertificates(
  pki: PkiStore,
  request: EngineRequest<unknown>,
  certificates: readonly ParsedCertificate[],
  keys: ImportedKeys,
): Promise<Answer> {
  const { mount } = request;
  return withConfig(pki, mount, async ({ config }) => {
    const known = (await allKeys(pki, mount)).map((record) => record.body);
    const stored = await allIssuers(pki, mount);
    const present = stored.map((record) => linked(record.body, known));
    const added: IssuerRecord[] = [];
    const existing: IssuerRecord[] = [];
    for (const certificate of certificates) {
      const base64 = certificate.der.toString('base64');
      const twin = [...present, ...added].find((issuer) => issuer.certificate === base64);
      if (twin && !added.includes(twin)) existing.push(twin);
      if (twin) continue;
      const draft = newIssuer(pki, { name: '', key: keyOf(known, certificate), der: certificate.der });
      added.push(await asRevokedAs(pki, mount, draft, certificate));
    }
    const isUsable = (issuer: IssuerRecord): boolean => issuer.keyId !== '' && issuer.revokedMillis === null;
    const usable = [...added, ...existing].find(isUsable);
    const latest = config.followsLatest ? added.find(isUsable) : undefined;
    const changed = existing.filter((issuer) => !stored.some(({ body }) => body === issuer));
    const mapping = [...added, ...existing].map((issuer) => [issuer.id, issuer.keyId] as const);
    return {
      next: {
        ...config,
        defaultIssuer: latest?.id ?? (config.defaultIssuer || (usable?.id ?? '')),
        defaultKey: config.defaultKey === '' ? (usable?.keyId ?? keys.imported[0] ?? '') : config.defaultKey,
        issuerGeneration: config.issuerGeneration + 1,
      },
      changes: [
        ...added.map((issuer) => pki.issuers.insert(mount, issuer.id, issuer)),
        ...stored.flatMap((record) => {
          const next = changed.find(({ id }) => id === record.id);
          return next ? [pki.issuers.update(record, next)] : [];
        }),
      ],
      result: {
        data: {
          existing_issuers: orNull(existing.map((issuer) => issuer.id)),
          existing_keys: orNull(keys.existing),
          imported_issuers: orNull(added.map((issuer) => issuer.id)),
          imported_keys: orNull(keys.imported),
          mapping: Object.fromEntries(mapping),
        },
      },
    };
  });
}

/** An issuer whose certificate was revoked here comes back as a revoked one. */
async function asRevokedAs(
  pki: PkiStore,
  mount: Mount,
  issuer: IssuerRecord,
  certificate: ParsedCertificate,
): Promise<IssuerRecord> {
  const found = await pki.core.certificates.find(mount, serialKey(certificate.serial));
  if (found?.body.der !== issuer.certificate || found.row.revoked_millis === null) return issuer;
  const usage = issuer.usage.filter((name) => name !== 'issuing-certificates');
  return { ...issuer, usage, revokedMillis: found.row.revoked_millis };
}

const keyOf = (keys: readonly KeyRecord[], certificate: ParsedCertificate): KeyRecord | undefined => {
  const spki = certificate.spki.toString('base64');
  return keys.find((key) => key.publicKey === spki);
};

/** An issuer that came before its key, with that key. */
const linked = (issuer: IssuerRecord, keys: readonly KeyRecord[]): IssuerRecord => {
  const key = issuer.keyId === '' ? keyOf(keys, readCertificate(issuer)) : undefined;
  return key ? { ...issuer, keyId: key.id } : issuer;
};
