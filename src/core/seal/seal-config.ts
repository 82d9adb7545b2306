import { StrongroomError } from '../../lib/index.ts';
import type { Row, Store } from '../../store/index.ts';
import type { ShareCounts } from './root-key-wrap.ts';

/** What is known before there is a key. It holds no secret; its text is bound into the sealed keyring. */
export interface SealConfig {
  readonly type: 'shamir' | 'pkcs11';
  readonly shares: number;
  readonly threshold: number;
  readonly clusterId: string;
  readonly clusterName: string;
  readonly initializedMillis: number;
  /** The root key, wrapped by the shares' key or by the key in the HSM; base64. */
  readonly wrappedRootKey: string;
  /** The HSM's key, by its CKA_ID. */
  readonly hsmKeyId?: string;
}

export const sealKey = (id: 'config' | 'keyring'): { namespace: string; id: string } => ({ namespace: 'root', id });

/** The share counts as the seal type uses them. */
export function shareCounts(config: SealConfig): ShareCounts {
  return { shares: config.shares, threshold: config.threshold };
}

export function encodeSealConfig(config: SealConfig): Buffer {
  return Buffer.from(JSON.stringify(config), 'utf8');
}

/** The stored configuration and the rows it came from, or undefined before initialisation. */
export async function readSealConfig(
  store: Store,
): Promise<{ config: SealConfig; configRow: Row<'seal'>; keyringRow: Row<'seal'> } | undefined> {
  const configRow = await store.read('seal', sealKey('config'));
  const keyringRow = await store.read('seal', sealKey('keyring'));
  if (!configRow && !keyringRow) return undefined;
  if (!configRow || !keyringRow) throw damaged('half of the seal is missing');
  try {
    const config = JSON.parse(configRow.sealed.toString('utf8')) as SealConfig;
    if (config.type !== 'shamir' && config.type !== 'pkcs11') throw new Error('unknown seal type');
    return { config, configRow, keyringRow };
  } catch (error) {
    throw damaged(error);
  }
}

function damaged(cause: unknown): StrongroomError {
  return new StrongroomError('row_unreadable', 'the stored seal configuration is damaged', {
    hint: 'restore the data folder from a backup',
    cause,
  });
}
