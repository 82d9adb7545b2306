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
import { importKey } from '../make-key.ts';
import { allIssuers, allKeys, type PkiStore, withConfig } from '../pki-store.ts';
import type { IssuerRecord, KeyRecord } from '../records.ts';
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
  const keys = await importKeys(pki, request, keyBlocks);
  return importCertificates(pki, request, certificates, keys);
}

function readBlocks(pem: string): PemBlock[] {
  if (pem.trim() === '') throw new StrongroomError('missing_field', 'no data provided', { hint: 'send PEM text' });
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

async function importKeys(
  pki: PkiStore,
  request: EngineRequest<unknown>,
  blocks: readonly PemBlock[],
): Promise<ImportedKeys> {
  const imported: string[] = [];
  const existing: string[] = [];
  for (const block of blocks) {
    const before = new Set((await allKeys(pki, request.mount)).map((record) => record.id));
    const key = PrivateKey.fromPem(block.label, new SecretBytes(block.der));
    const record = await importKey(pki, request.mount, key, key.toPkcs8());
    (before.has(record.id) ? existing : imported).push(record.id);
  }
  return { imported, existing };
}

const orNull = (ids: readonly string[]): readonly string[] | null => (ids.length === 0 ? null : ids);

async function importCertificates(
  pki: PkiStore,
  request: EngineRequest<unknown>,
  certificates: readonly ParsedCertificate[],
  keys: ImportedKeys,
): Promise<Answer> {
  const { mount } = request;
  const known = (await allKeys(pki, mount)).map((record) => record.body);
  return withConfig(pki, mount, async ({ config }) => {
    const present = (await allIssuers(pki, mount)).map((record) => record.body);
    const added: IssuerRecord[] = [];
    const existing: IssuerRecord[] = [];
    for (const certificate of certificates) {
      const base64 = certificate.der.toString('base64');
      const twin = [...present, ...added].find((issuer) => issuer.certificate === base64);
      if (twin) existing.push(twin);
      else {
        const draft = newIssuer(pki, { name: '', key: keyOf(known, certificate), der: certificate.der });
        added.push(await asRevokedAs(pki, mount, draft, certificate));
      }
    }
    const usable = [...added, ...existing].find((issuer) => issuer.keyId !== '' && issuer.revokedMillis === null);
    const takesDefault = usable !== undefined && (config.defaultIssuer === '' || config.followsLatest);
    const mapping = [...added, ...existing].map((issuer) => [issuer.id, issuer.keyId] as const);
    return {
      next: {
        ...config,
        defaultIssuer: takesDefault ? usable.id : config.defaultIssuer,
        defaultKey: config.defaultKey === '' ? (usable?.keyId ?? keys.imported[0] ?? '') : config.defaultKey,
        issuerGeneration: config.issuerGeneration + 1,
      },
      changes: added.map((issuer) => pki.issuers.insert(mount, issuer.id, issuer)),
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
