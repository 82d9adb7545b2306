import type { EngineRequest } from '../../../core/index.ts';
import { StrongroomError } from '../../../lib/index.ts';
import { emptyName, type ParsedCrl, parseCrl, sameName } from '../../../x509/index.ts';
import type { CertStore } from '../cert-store.ts';

interface CrlFields {
  readonly name: string;
  readonly crl?: string | undefined;
  readonly url?: string | undefined;
}

/** Stores a revocation list in the place of the one of that name, unless that is a newer one of the same issuer. */
export function writeCrl(store: CertStore, { mount, fields }: EngineRequest<CrlFields>): Promise<void> {
  if (fields.url !== undefined && fields.url !== '') {
    throw new StrongroomError('invalid_field', 'url is not supported: nothing is fetched', {
      hint: 'send the list itself as "crl"',
    });
  }
  const pem = fields.crl ?? '';
  const list = parseCrl(pem);
  // Lists are found by comparing their issuer's name: this throws for one that cannot be compared.
  sameName(list.issuer, emptyName);
  return store.crls.modify(mount, fields.name, (previous) => {
    if (previous && isOlder(list, parseCrl(previous.pem))) {
      throw new StrongroomError('conflict', 'a newer list of this issuer is here', {
        hint: 'its number is higher; delete it first where the authority counts anew',
      });
    }
    return { pem };
  });
}

/** Lists travel without secrecy: whoever can replay one must not bring back the time before a revocation. */
function isOlder(list: ParsedCrl, previous: ParsedCrl): boolean {
  const keys = [list, previous].map(({ authorityKeyIdentifier }) => authorityKeyIdentifier?.toString('hex'));
  if (keys[0] !== keys[1] || !sameName(list.issuer, previous.issuer)) return false;
  if (list.number === undefined || previous.number === undefined)
    return list.thisUpdateSeconds < previous.thisUpdateSeconds;
  return list.number < previous.number;
}
