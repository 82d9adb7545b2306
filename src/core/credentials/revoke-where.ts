import { isGuardFailure } from '../../store/index.ts';
import type { Credential, CredentialSort } from './credential.ts';
import { isLive } from './credential.ts';
import type { CredentialStore } from './credential-store.ts';

export interface RevocationFilter {
  readonly namespace: string;
  readonly entityId?: string;
  /** Blind index of the owner: `CredentialStore.index('owner', …)`. */
  readonly ownerIndex?: string;
  readonly kind?: CredentialSort;
  readonly mount?: string;
  /** What the columns cannot say. */
  readonly matches?: (credential: Credential) => boolean;
}

export interface Revocation {
  readonly count: number;
  /** Whether the limit was reached and there may be more. */
  readonly more: boolean;
}

const pageSize = 500;
const maxRevoked = 10_000;
const maxPasses = 5;

/**
 * Revokes every live credential a filter names, at most 10,000: they are dead when this resolves. Goes over them again
 * until nothing is left, since a rotation may have put a new one behind a page already done. Counts only in a dry run.
 */
export async function revokeWhere(
  credentials: CredentialStore,
  filter: RevocationFilter,
  options: { readonly dryRun: boolean; readonly nowMillis: number; readonly reason: string },
): Promise<Revocation> {
  let count = 0;
  for (let pass = 1; pass <= maxPasses; pass += 1) {
    const before = count;
    let after = '';
    for (;;) {
      const page = await readPage(credentials, filter, after);
      const live = page
        .map((row) => credentials.open(row))
        .filter((found) => matches(found, filter, options.nowMillis));
      const taken = live.slice(0, maxRevoked - count);
      if (!options.dryRun) await revokeEach(credentials, taken, options.reason);
      count += taken.length;
      if (count >= maxRevoked) return { count, more: true };
      if (page.length < pageSize) break;
      after = page.at(-1)?.id ?? '';
    }
    if (options.dryRun || count === before) break;
  }
  return { count, more: false };
}

function matches(credential: Credential, filter: RevocationFilter, nowMillis: number): boolean {
  return isLive(credential, nowMillis) && (filter.matches?.(credential) ?? true);
}

function readPage(credentials: CredentialStore, filter: RevocationFilter, after: string) {
  return credentials.store.list('credentials', {
    where: {
      namespace: filter.namespace,
      ...(filter.entityId !== undefined && { entity_id: filter.entityId }),
      ...(filter.ownerIndex !== undefined && { owner_index: filter.ownerIndex }),
      ...(filter.kind !== undefined && { kind: filter.kind }),
      ...(filter.mount !== undefined && { mount: filter.mount }),
    },
    after: { value: after, id: after },
    limit: pageSize,
  });
}

/** Revokes credentials: one commit for all; when one of them changed meanwhile, each by itself. */
export async function revokeEach(
  credentials: CredentialStore,
  found: readonly Credential[],
  reason: string,
): Promise<void> {
  if (found.length === 0) return;
  try {
    await credentials.store.commit(found.map((credential) => credentials.revocation(credential, reason)));
  } catch (error) {
    if (!isGuardFailure(error)) throw error;
    await Promise.all(found.map((credential) => revokeOne(credentials, credential, reason)));
  }
}

/** Revokes one credential, however often it is changed meanwhile. Nothing when it is gone or already revoked. */
export async function revokeOne(credentials: CredentialStore, credential: Credential, reason: string): Promise<void> {
  const { namespace, mount, kind, id } = credential.row;
  await credentials.modify({ namespace, mount, kind: kind as CredentialSort }, id, (current) =>
    current.row.state === 'revoked' ? [] : [credentials.revocation(current, reason)],
  );
}
