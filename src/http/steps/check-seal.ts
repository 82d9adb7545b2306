import { type Seal, sealedError } from '../../core/index.ts';
import { StrongroomError } from '../../lib/index.ts';
import type { Exchange } from '../exchange.ts';

/** While sealed only the few routes that say so are served; they need no mount table. */
export function checkSeal(seal: Seal, whileSealed: ReadonlySet<string>): (exchange: Exchange) => Promise<void> | void {
  return (exchange) => {
    return seal.isSealed && !whileSealed.has(exchange.path) ? refuse(seal) : undefined;
  };
}

async function refuse(seal: Seal): Promise<void> {
  const { initialized } = await seal.status();
  if (initialized) throw sealedError(seal.staysSealed);
  throw new StrongroomError('not_initialized', 'Vault is sealed', {
    hint: 'the server is not initialised: strongroom operator init',
  });
}
