import { type Core, type Mount, RecordCollection, type StoredRecord, Turns } from '../../core/index.ts';
import { StrongroomError } from '../../lib/index.ts';
import { type Change, isGuardFailure } from '../../store/index.ts';
import { type CrlRecord, defaultPkiConfig, type IssuerRecord, type KeyRecord, type PkiConfig } from './records.ts';
import type { PkiRole } from './role.ts';

/** The collections of the engine, shared by its operations. */
export interface PkiStore {
  readonly core: Core;
  readonly keys: RecordCollection<KeyRecord>;
  readonly issuers: RecordCollection<IssuerRecord>;
  readonly roles: RecordCollection<PkiRole>;
  readonly configs: RecordCollection<PkiConfig>;
  readonly crls: RecordCollection<CrlRecord>;
  readonly turns: Turns;
}

export function openPkiStore(core: Core): PkiStore {
  return {
    core,
    keys: new RecordCollection(core, 'pki-keys'),
    issuers: new RecordCollection(core, 'pki-issuers'),
    roles: new RecordCollection(core, 'pki-roles'),
    configs: new RecordCollection(core, 'pki-config'),
    crls: new RecordCollection(core, 'pki-crls'),
    turns: new Turns(),
  };
}

const configId = 'config';
const maxAttempts = 20;

export interface StoredConfig {
  readonly config: PkiConfig;
  readonly record: StoredRecord<PkiConfig> | undefined;
}

export async function readConfig(pki: PkiStore, mount: Mount): Promise<StoredConfig> {
  const record = await pki.configs.read(mount, configId);
  return { config: record?.body ?? defaultPkiConfig, record };
}

/** The change that writes the settings; it fails when they were changed since they were read. */
function configChange(pki: PkiStore, mount: Mount, stored: StoredConfig, next: PkiConfig): Change {
  return pki.configs.put(mount, configId, stored.record, next);
}

/**
 * Reads the settings, lets `decide` say what is to be written, and writes it all in one commit; again after a race.
 * Whatever changes the set of issuers and keys goes through here: what `decide` read of them holds at the commit, and
 * nothing is written for a mount that was removed.
 */
export async function withConfig<T>(
  pki: PkiStore,
  mount: Mount,
  decide: (
    stored: StoredConfig,
  ) => Promise<{ readonly next: PkiConfig; readonly changes: readonly Change[]; readonly result: T }>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    const stored = await readConfig(pki, mount);
    const { next, changes, result } = await decide(stored);
    try {
      await pki.core.store.commit([configChange(pki, mount, stored, next), ...changes, mountStands(mount)]);
      return result;
    } catch (error) {
      if (!isGuardFailure(error, 0) || attempt >= maxAttempts) throw error;
    }
  }
}

const mountStands = ({ namespace, id }: Mount): Change => ({ kind: 'check', table: 'mounts', key: { namespace, id } });

const most = 10_000;

export const allIssuers = (pki: PkiStore, mount: Mount): Promise<StoredRecord<IssuerRecord>[]> =>
  pki.issuers.page(mount, '', most);

/** Keys that were made; one that was only planned, or is being destroyed, is not shown. */
export async function allKeys(pki: PkiStore, mount: Mount): Promise<StoredRecord<KeyRecord>[]> {
  return (await everyKey(pki, mount)).filter((record) => record.body.publicKey !== '');
}

/** With those that were only planned or half destroyed: their home may hold them all the same. */
export const everyKey = (pki: PkiStore, mount: Mount): Promise<StoredRecord<KeyRecord>[]> =>
  pki.keys.page(mount, '', most);

const refuse = (message: string, hint: string): StrongroomError =>
  new StrongroomError('invalid_request', message, { hint });

/** An issuer by `default`, id or name. */
export async function requireIssuer(
  pki: PkiStore,
  mount: Mount,
  ref: string,
  config: PkiConfig,
): Promise<StoredRecord<IssuerRecord>> {
  if (ref === 'default' || ref === '') {
    const found = config.defaultIssuer === '' ? undefined : await pki.issuers.read(mount, config.defaultIssuer);
    if (found) return found;
    throw refuse('no default issuer currently configured', 'generate or import a CA first');
  }
  const byId = await pki.issuers.read(mount, ref);
  if (byId) return byId;
  const byName = (await allIssuers(pki, mount)).find((record) => record.body.name === ref);
  if (byName) return byName;
  throw refuse(
    `unable to find issuer for reference: ${ref.slice(0, 64)}`,
    'give default, an id or a name; list them: LIST issuers',
  );
}

/** A key by `default`, id or name. */
export async function requireKey(
  pki: PkiStore,
  mount: Mount,
  ref: string,
  config: PkiConfig,
): Promise<StoredRecord<KeyRecord>> {
  const wanted = ref === 'default' || ref === '' ? config.defaultKey : ref;
  const keys = await allKeys(pki, mount);
  const found =
    keys.find((record) => record.id === wanted) ?? keys.find((record) => wanted !== '' && record.body.name === wanted);
  if (found) return found;
  throw refuse(
    `unable to find PKI key for reference: ${ref.slice(0, 64)}`,
    'give default, an id or a name; list them: LIST keys',
  );
}

/** Names of issuers and keys: what a path segment can hold, and no word that means something else. */
export function requireName(name: string | undefined, what: string): string {
  if (name === undefined || name === '') return '';
  if (/^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,126}[A-Za-z0-9_])?$/.test(name) && name.toLowerCase() !== 'default')
    return name;
  throw new StrongroomError('invalid_field', `invalid ${what}`, {
    hint: 'letters, digits and _ . -; "default" has a meaning of its own',
  });
}
