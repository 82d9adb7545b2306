import { contextValue, oid, readSequence, refuseDer, sequence } from '../der/index.ts';
import { readGeneralName } from '../names/index.ts';
import { encodeExtension, extensionOids } from './extension.ts';

/** Where to ask about a certificate (`ocsp`) and where to get its issuer (`caIssuers`). */
export interface AuthorityInfoAccess {
  readonly ocsp: readonly string[];
  readonly caIssuers: readonly string[];
}

const ocspOid = '1.3.6.1.5.5.7.48.1';
const caIssuersOid = '1.3.6.1.5.5.7.48.2';
const maxLocations = 64;

const encodeLocation = (method: string, url: string): Buffer =>
  sequence(oid(method), contextValue(6, Buffer.from(url, 'latin1')));

/** RFC 5280 4.2.2.1: not critical; at least one location. */
export function encodeAuthorityInfoAccess({ ocsp, caIssuers }: AuthorityInfoAccess): Buffer {
  const locations = [
    ...ocsp.map((url) => encodeLocation(ocspOid, url)),
    ...caIssuers.map((url) => encodeLocation(caIssuersOid, url)),
  ];
  return encodeExtension(extensionOids.authorityInfoAccess, false, sequence(...locations));
}

/** URIs by method; other methods and forms are passed over. Never fetched (RFC 5280 8). */
export function decodeAuthorityInfoAccess(value: Buffer): AuthorityInfoAccess {
  const reader = readSequence(value);
  const ocsp: string[] = [];
  const caIssuers: string[] = [];
  let count = 0;
  do {
    const member = reader.enter();
    const method = member.readOid();
    const location = readGeneralName(member);
    member.finish();
    if (location.kind === 'uri' && method === ocspOid) ocsp.push(location.value);
    if (location.kind === 'uri' && method === caIssuersOid) caIssuers.push(location.value);
    count += 1;
    if (count > maxLocations) refuseDer('too many access locations');
  } while (!reader.done);
  return { ocsp, caIssuers };
}
