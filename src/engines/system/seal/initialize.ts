import type { Answer, Core, ShareCounts } from '../../../core/index.ts';
import { isError, StrongroomError } from '../../../lib/index.ts';
import type { SystemHooks } from '../hooks.ts';

interface InitFields {
  readonly secret_shares?: number | undefined;
  readonly secret_threshold?: number | undefined;
  readonly pgp_keys?: readonly string[] | undefined;
  readonly root_token_pgp_key?: string | undefined;
  readonly recovery_shares?: number | undefined;
  readonly recovery_threshold?: number | undefined;
  readonly recovery_pgp_keys?: readonly string[] | undefined;
}

/** Recovery shares that nobody asked for: to be kept, but not what the server opens with. */
const usualRecovery: ShareCounts = { shares: 5, threshold: 3 };

/** Initialises the server; the shares and the root token are in this one answer only. */
export async function initialize(core: Core, hooks: SystemHooks, fields: InitFields): Promise<Answer> {
  const status = await core.seal.status();
  if (status.initialized) {
    throw new StrongroomError('already_initialized', 'Vault is already initialized', {
      hint: 'initialisation happens once in the life of a store',
    });
  }
  const counts = readCounts(fields, status.type);
  let rootToken = '';
  const made = await core.seal.initialize(counts, async (sealer) => {
    const first = await hooks.bootstrap(sealer);
    rootToken = first.rootToken;
    return first.changes;
  });
  const sealedBecause = await tryToOpen(core, hooks);
  const keys = made.shares.map((share) => share.insecureBytes().toString('hex'));
  const keysBase64 = made.shares.map((share) => share.insecureBytes().toString('base64'));
  for (const share of made.shares) share.wipe();
  // A Shamir server starts its life sealed, as clients expect: the shares are then proven by using them.
  if (!made.recovery) await hooks.seal();
  const answer = made.recovery
    ? { keys: [], keys_base64: [], recovery_keys: keys, recovery_keys_base64: keysBase64 }
    : { keys, keys_base64: keysBase64 };
  const warnings = sealedBecause && { warnings: [`the server is initialised, and sealed: ${sealedBecause}`] };
  return { bare: { ...answer, root_token: rootToken, ...warnings } };
}

/**
 * Why the server could not be opened, if so. The store is initialised for good by now: an answer without the shares
 * would lose them. Whoever unseals later meets the same reason.
 */
async function tryToOpen(core: Core, hooks: SystemHooks): Promise<string | undefined> {
  try {
    await hooks.unsealed();
    return undefined;
  } catch (error) {
    core.log.error({ cause: String(error) }, 'initialised, but the server could not be opened');
    return isError(error) ? error.message : 'internal error';
  }
}

function readCounts(fields: InitFields, type: 'shamir' | 'pkcs11'): ShareCounts {
  if ((fields.pgp_keys?.length ?? 0) + (fields.recovery_pgp_keys?.length ?? 0) > 0 || fields.root_token_pgp_key) {
    throw new StrongroomError('invalid_request', 'PGP keys are not supported', {
      hint: 'initialise without them, on a machine you trust',
    });
  }
  const secret = [fields.secret_shares, fields.secret_threshold].some((value) => value !== undefined && value !== 0);
  const recovery = [fields.recovery_shares, fields.recovery_threshold].some(
    (value) => value !== undefined && value !== 0,
  );
  if (type === 'shamir') {
    if (recovery) throw notApplicable('recovery_shares,recovery_threshold', type);
    // How many people open it is never guessed: it is so for the life of the store.
    return { shares: fields.secret_shares ?? 0, threshold: fields.secret_threshold ?? 0 };
  }
  if (secret) throw notApplicable('secret_shares,secret_threshold', type);
  const { recovery_shares: shares, recovery_threshold: threshold } = fields;
  if (shares === undefined && threshold === undefined) return usualRecovery;
  return { shares: shares ?? 0, threshold: threshold ?? 0 };
}

const notApplicable = (names: string, type: string): StrongroomError =>
  new StrongroomError('invalid_request', `parameters ${names} not applicable to seal type ${type}`, {
    hint: type === 'shamir' ? 'send secret_shares and secret_threshold' : 'send recovery_shares and recovery_threshold',
  });
