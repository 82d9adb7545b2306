import { type Credential, type CredentialState, creditsAt, refillsDue, stateOf } from '../../core/index.ts';
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
  if (typeof left === 'string') return { code: left };
  return { code: 'ok', creditsLeft: left, ...(rates && { rates: rates.verdicts }) };
}

const maxAttempts = 20;

type Unusable = Exclude<CredentialState, 'active'>;

/**
 * Takes credits off, in the store, so that checks at the same moment never spend more than there is: in the commit that
 * sees the key unchanged, so that one that was revoked meanwhile is neither good nor spends. Null: no limit.
 */
async function spend(
  keys: KeyStore,
  credential: Credential,
  cost: number,
  nowMillis: number,
): Promise<number | null | Unusable> {
  if (credential.row.credits_left === null) return null;
  const { namespace, id } = credential.row;
  let current = credential;
  for (let attempt = 1; ; attempt += 1) {
    const state = stateOf(current, nowMillis);
    if (state !== 'active') return state;
    const payer = await findPayer(keys, current);
    if (!payer) return 'exhausted';
    const holders = payer === current ? [current] : [current, payer];
    try {
      const due = refillsDue(payer, nowMillis);
      if (due > 0) await refill(keys, payer, due, nowMillis);
      else return await takeOff(keys, holders, payer, cost, nowMillis);
    } catch (error) {
      if (!isGuardFailure(error) || attempt >= maxAttempts) throw error;
      // The keys are as they were, and too little is left.
      if (error.changeIndex === holders.length) return 'exhausted';
    }
    const row = await keys.core.store.read('credentials', { namespace, id });
    if (!row) return 'revoked';
    current = keys.credentials.open(row);
  }
}

async function takeOff(
  keys: KeyStore,
  holders: readonly Credential[],
  payer: Credential,
  by: number,
  nowMillis: number,
): Promise<number> {
  const { namespace, id } = payer.row;
  // What a rotated key came to has an end of its own.
  const guards = holders.map((holder) => keys.credentials.unchanged(holder, holder === holders[0] ? nowMillis : 0));
  const key = { namespace, id };
  const counts = await keys.core.store.commit([
    ...guards,
    { kind: 'decrement', table: 'credentials', key, column: 'credits_left', by },
  ]);
  return counts.at(-1) ?? 0;
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
        refilled_millis: (row.refilled_millis ?? row.created_millis) + due * interval,
      },
      // Added, not set: what is spent meanwhile stays spent.
      add: { credits_left: (creditsAt(credential, nowMillis) ?? 0) - (row.credits_left ?? 0) },
    },
  ]);
}
