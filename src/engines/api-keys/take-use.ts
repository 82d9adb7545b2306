import { type Credential, creditsAt, refillsDue } from '../../core/index.ts';
import { isGuardFailure } from '../../store/index.ts';
import type { KeyStore } from './key-store.ts';
import type { Taken } from './recent-checks.ts';

/**
 * Counts one use of a key that is good: rates first, since one that is refused spends no credits. Both are of its
 * family: a key that is rotated starts neither anew.
 */
export async function takeUse(keys: KeyStore, credential: Credential, cost: number, nowMillis: number): Promise<Taken> {
  const limits = credential.body.apiKey?.rateLimits ?? [];
  const rates = limits.length === 0 ? undefined : keys.windows.take(credential.row.family, limits, nowMillis);
  if (rates && !rates.allowed) return { code: 'rate_limited', rates: rates.verdicts };
  const left = await spend(keys, credential, cost, nowMillis);
  if (left === 'exhausted') return { code: 'exhausted' };
  return { code: 'ok', creditsLeft: left, ...(rates && { rates: rates.verdicts }) };
}

const maxAttempts = 20;

/** Takes credits off, in the store, so that checks at the same moment never spend more than there is. Null: no limit. */
async function spend(
  keys: KeyStore,
  credential: Credential,
  cost: number,
  nowMillis: number,
): Promise<number | null | 'exhausted'> {
  if (credential.row.credits_left === null) return null;
  let current = credential;
  for (let attempt = 1; ; attempt += 1) {
    const payer = await findPayer(keys, current);
    if (!payer) return 'exhausted';
    current = payer;
    const { namespace, id } = current.row;
    const key = { namespace, id };
    const due = refillsDue(current, nowMillis);
    try {
      if (due > 0) await refill(keys, current, due, nowMillis);
      else {
        const [left] = await keys.core.store.commit([
          { kind: 'decrement', table: 'credentials', key, column: 'credits_left', by: cost },
        ]);
        return left ?? 0;
      }
    } catch (error) {
      if (!isGuardFailure(error)) throw error;
      if (attempt >= maxAttempts) throw error;
    }
    const row = await keys.core.store.read('credentials', key);
    if (!row) return 'exhausted';
    const fresh = keys.credentials.open(row);
    // Nothing was due and too little left, unless a rotation has just taken the credits on.
    if (due === 0 && fresh.body.rotatedTo === null) return 'exhausted';
    current = fresh;
  }
}

/** The key that has the credits: the last one that took the place of this one. Undefined when that one is deleted. */
async function findPayer(keys: KeyStore, credential: Credential): Promise<Credential | undefined> {
  let payer = credential;
  for (let next = payer.body.rotatedTo; next !== null; next = payer.body.rotatedTo) {
    const row = await keys.core.store.read('credentials', { namespace: payer.row.namespace, id: next });
    if (!row) return undefined;
    payer = keys.credentials.open(row);
  }
  return payer;
}

/** Adds what is due, once: the row's version guards it. */
async function refill(keys: KeyStore, credential: Credential, due: number, nowMillis: number): Promise<void> {
  const { row, body } = credential;
  const interval = (body.apiKey?.refillSeconds ?? 0) * 1000;
  await keys.core.store.commit([
    keys.credentials.change(credential, {}),
    {
      kind: 'touch',
      table: 'credentials',
      key: { namespace: row.namespace, id: row.id },
      set: {
        credits_left: creditsAt(credential, nowMillis),
        refilled_millis: (row.refilled_millis ?? row.created_millis) + due * interval,
      },
    },
  ]);
}
