import { type EngineRequest, isLive, type Mount, revokeEach, type StoredRecord } from '../../../core/index.ts';
import { StrongroomError } from '../../../lib/index.ts';
import { isGuardFailure } from '../../../store/index.ts';
import { type KeyStore, placeOf } from '../key-store.ts';
import type { Space } from '../space.ts';
import { refuseOwnSpace } from './write-space.ts';

type DeleteRequest = EngineRequest<{ readonly space: string; readonly force?: boolean | undefined }>;

const maxAttempts = 20;
const pageSize = 500;

/**
 * Deletes a space; while live keys exist only with `force`. It is closed first, so that no key is made or brought back
 * in it any more, then all its keys are revoked: those that ended as well, lest they come to life in the next space of
 * that name.
 */
export async function deleteSpace(keys: KeyStore, request: DeleteRequest): Promise<void> {
  const { mount, fields } = request;
  if (fields.space === 'default') {
    throw new StrongroomError('invalid_field', 'the space "default" is always there', {
      hint: 'change its settings instead',
    });
  }
  await refuseOwnSpace(keys, request);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await deleteOnce(keys, request, await keys.spaces.read(mount, fields.space));
    } catch (error) {
      // Written or deleted by somebody else meanwhile.
      if (!isGuardFailure(error) || attempt >= maxAttempts) throw error;
    }
  }
}

async function deleteOnce(
  keys: KeyStore,
  request: DeleteRequest,
  record: StoredRecord<Space> | undefined,
): Promise<void> {
  const { mount, fields } = request;
  // A space that stays is not touched.
  await refuseLive(keys, request);
  const version = record && (await close(keys, record));
  try {
    await refuseLive(keys, request);
  } catch (error) {
    await reopen(keys, mount, fields.space);
    throw error;
  }
  await forEachPage(keys, request, (credentials) =>
    revokeEach(
      keys.credentials,
      credentials.filter(({ row }) => row.state !== 'revoked'),
      'space deleted',
    ),
  );
  if (version !== undefined) await keys.core.store.commit([keys.spaces.remove(mount, fields.space, version)]);
}

/** Answers the version it has then. */
async function close(keys: KeyStore, record: StoredRecord<Space>): Promise<number> {
  if (record.body.closing === true) return record.row.version;
  await keys.core.store.commit([keys.spaces.update(record, { ...record.body, closing: true })]);
  return record.row.version + 1;
}

async function reopen(keys: KeyStore, mount: Mount, name: string): Promise<void> {
  await keys.spaces.modify(mount, name, (space) => space && { ...space, closing: false });
}

async function refuseLive(keys: KeyStore, request: DeleteRequest): Promise<void> {
  if (request.fields.force === true) return;
  await forEachPage(keys, request, (credentials) => {
    if (!credentials.some((credential) => isLive(credential, request.nowMillis))) return;
    throw new StrongroomError('invalid_request', 'the space still has live keys', {
      hint: 'revoke them first, or add force=true to have them revoked',
    });
  });
}

type Credentials = Parameters<typeof revokeEach>[1];

async function forEachPage(
  keys: KeyStore,
  { mount, fields }: DeleteRequest,
  work: (credentials: Credentials) => Promise<void> | void,
): Promise<void> {
  for (let after = ''; ; ) {
    const rows = await keys.core.store.list('credentials', {
      where: { ...placeOf(mount), space: fields.space },
      after: { value: after, id: after },
      limit: pageSize,
    });
    await work(rows.map((row) => keys.credentials.open(row)));
    const last = rows.at(-1);
    if (!last || rows.length < pageSize) return;
    after = last.id;
  }
}
