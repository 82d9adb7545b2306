import type { Core } from '../../core/index.ts';

const sweepIntervalMillis = 10_000;
const sweepBatch = 500;
/** How long a certificate can still be looked up after its end. */
const expiredCertificateGraceMillis = 72 * 3_600_000;
const unsealRetryMillis = 5_000;

/** Repeats `work` until stopped, never twice at once; a failure is logged and the next turn tries again. */
export function repeat(
  core: Core,
  name: string,
  intervalMillis: number,
  work: () => Promise<void>,
): () => Promise<void> {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  const turn = async (): Promise<void> => {
    try {
      await work();
    } catch (error) {
      core.log.warn({ job: name, cause: String(error) }, 'a background job failed; it will be tried again');
    }
    if (!stopped) schedule();
  };
  const schedule = (): void => {
    timer = setTimeout(() => {
      running = turn();
    }, intervalMillis);
    timer.unref();
  };
  schedule();
  return async () => {
    stopped = true;
    clearTimeout(timer);
    await running;
  };
}

/**
 * Takes away what is over: expired tokens with what hangs on them, expired records, leases that are due. Nothing waits
 * for it: whatever is expired is refused at use already.
 */
export async function sweep(core: Core): Promise<void> {
  if (core.seal.isSealed) return;
  const nowMillis = core.clock.nowMillis();
  const expired = await core.store.list('tokens', {
    below: { column: 'expire_millis', value: nowMillis },
    orderBy: 'expire_millis',
    limit: sweepBatch,
  });
  for (const row of expired) {
    const { namespace, id, expire_millis } = row;
    // Not one that was renewed in its last moment: its renewal may be committed after it was read here.
    await core.store.commit([
      { kind: 'deleteTokenTree', namespace, where: { id, expire_millis }, atMillis: nowMillis },
    ]);
  }
  await core.tokens.removeSpent();
  await core.store.commit([
    { kind: 'deleteWhere', table: 'records', where: {}, expiredBeforeMillis: nowMillis, limit: sweepBatch },
    core.certificates.cleanUp(nowMillis - expiredCertificateGraceMillis, sweepBatch),
  ]);
  await core.revocations.settle('root');
  await core.store.compact();
}

/** Rotating well before 2^32 random nonces a key (NIST SP 800-38D 8.3). */
const maxSealedATerm = 2 ** 30;

export async function rotateKeyringWhenUsed(core: Core): Promise<void> {
  if (!core.seal.isSealed && core.seal.sealer.sealedCount > maxSealedATerm) await core.seal.rotate();
}

/** The jobs of a running server. Answers a function that stops them and waits for the turn under way. */
export function startJobs(core: Core, unsealWithHsm: (() => Promise<void>) | undefined): () => Promise<void> {
  const retryUnseal = async (unseal: () => Promise<void>): Promise<void> => {
    if (core.seal.isSealed && !core.seal.staysSealed) await unseal();
  };
  const stops = [
    repeat(core, 'sweep', sweepIntervalMillis, () => sweep(core)),
    repeat(core, 'rotate keyring', 60_000, () => rotateKeyringWhenUsed(core)),
    ...(unsealWithHsm ? [repeat(core, 'unseal', unsealRetryMillis, () => retryUnseal(unsealWithHsm))] : []),
  ];
  return async () => {
    await Promise.all(stops.map((stop) => stop()));
  };
}
