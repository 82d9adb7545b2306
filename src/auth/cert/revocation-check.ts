import type { Mount } from '../../core/index.ts';
import {
  isCrlSignedBy,
  type ParsedCertificate,
  type ParsedCrl,
  parseCrl,
  sameName,
  serialKey,
  slackSeconds,
} from '../../x509/index.ts';
import type { CertStore } from './cert-store.ts';

/** Whether a certificate was revoked; it throws where that cannot be told, which refuses. */
export type RevocationCheck = (
  certificate: ParsedCertificate,
  issuer: ParsedCertificate | undefined,
) => Promise<boolean>;

/**
 * Asks this server's own CAs and the lists an operator uploaded, which are read once and only when somebody came with a
 * path that holds.
 */
export function revocationCheck(store: CertStore, mount: Mount): RevocationCheck {
  const nowSeconds = store.core.clock.nowMillis() / 1000;
  let lists: Promise<ParsedCrl[]> | undefined;
  return async (certificate, issuer) => {
    try {
      if (await revokedHere(store, mount, certificate)) return true;
      lists ??= uploadedLists(store, mount);
      return isListed(await lists, certificate, issuer, nowSeconds);
    } catch (cause) {
      store.core.log.warn(
        { mount: mount.prefix, cause: cause instanceof Error ? cause.message : 'unknown' },
        'client certificates are refused: whether one is revoked cannot be told',
      );
      throw cause;
    }
  };
}

async function revokedHere(store: CertStore, mount: Mount, certificate: ParsedCertificate): Promise<boolean> {
  const { certificates } = store.core;
  const serial = serialKey(certificate.serial);
  return (await certificates.revocationOf(mount.namespace, serial, certificate.der)) !== undefined;
}

/**
 * Whether the lists of a certificate's issuer name it. Who uploads nothing trusts in nothing; but where there are lists
 * of this name, silence counts only on a full one that the issuer signed and whose time it is: lists come from wherever
 * they are fetched, and a forged one must not hide what the one before it said.
 */
function isListed(
  lists: readonly ParsedCrl[],
  certificate: ParsedCertificate,
  issuer: ParsedCertificate | undefined,
  nowSeconds: number,
): boolean {
  const named = lists.filter((list) => isNamed(list, certificate.issuer));
  const serial = serialKey(certificate.serial);
  if (named.some((list) => list.revoked.has(serial))) return true;
  if (named.length === 0) return false;
  // The issuer of a certificate that is trusted by itself may be unknown here: its lists go by their name.
  const own = issuer ? named.filter((list) => isSignedBy(list, issuer)) : named;
  if (!own.some((list) => list.deltaBaseNumber === undefined))
    throw new Error('no uploaded revocation list of this name is a full one signed by the issuer');
  for (const { thisUpdateSeconds, nextUpdateSeconds } of own) {
    if (nextUpdateSeconds < nowSeconds) throw new Error('an uploaded revocation list is out of date');
    if (thisUpdateSeconds > nowSeconds + slackSeconds) throw new Error('an uploaded revocation list is of the future');
  }
  return false;
}

/** What cannot be read as a name is no issuer's: it must not refuse everybody. */
function isNamed(list: ParsedCrl, issuer: Buffer): boolean {
  try {
    return sameName(list.issuer, issuer);
  } catch {
    return false;
  }
}

/** Keys for which the signature of a list was checked; few certificates sign lists of one name. */
const checked = new WeakMap<ParsedCrl, Map<string, boolean>>();

function isSignedBy(list: ParsedCrl, issuer: ParsedCertificate): boolean {
  const known = checked.get(list) ?? new Map<string, boolean>();
  checked.set(list, known);
  const id = issuer.der.toString('base64');
  const before = known.get(id);
  if (before !== undefined) return before;
  const found = isCrlSignedBy(list, issuer);
  known.set(id, found);
  return found;
}

const parsedLists = new WeakMap<object, ParsedCrl>();
const pageSize = 100;

/** All of them: a list beyond the end of a page revokes as well as the first. */
async function uploadedLists(store: CertStore, mount: Mount): Promise<ParsedCrl[]> {
  const lists: ParsedCrl[] = [];
  for (let after = ''; ; ) {
    const records = await store.crls.page(mount, after, pageSize);
    for (const { body } of records) {
      const list = parsedLists.get(body) ?? parseCrl(body.pem);
      parsedLists.set(body, list);
      lists.push(list);
    }
    if (records.length < pageSize) return lists;
    after = records.at(-1)?.id ?? '';
  }
}
