import { sha256Hex } from '../../crypto/index.ts';
import { type ParsedCertificate, parseCertificateDer } from '../certificate/index.ts';
import type { PathFailure } from './path-failure.ts';

/**
 * Signatures that were checked for one client. Shared by the searches for several roles: what a client sends costs as much
 * with a hundred roles as with one.
 */
export class SignatureMemo {
  readonly #found = new Map<string, PathFailure | undefined>();

  /** What `check` answered for this pair the first time. */
  check(
    certificate: ParsedCertificate,
    issuer: ParsedCertificate,
    check: () => PathFailure | undefined,
  ): PathFailure | undefined {
    const pair = `${fingerprintOf(certificate)} ${fingerprintOf(issuer)}`;
    if (this.#found.has(pair)) return this.#found.get(pair);
    const failure = check();
    this.#found.set(pair, failure);
    return failure;
  }
}

const fingerprints = new WeakMap<ParsedCertificate, string>();

/** By bytes: roles that trust one CA each have a copy of its certificate. */
function fingerprintOf(certificate: ParsedCertificate): string {
  const known = fingerprints.get(certificate);
  if (known !== undefined) return known;
  const fingerprint = sha256Hex(certificate.der);
  fingerprints.set(certificate, fingerprint);
  return fingerprint;
}

const parsed = new WeakMap<Uint8Array, ParsedCertificate>();

/** A certificate read once for as long as somebody holds these bytes, which nobody may write to. */
export function parseOnce(der: Uint8Array): ParsedCertificate {
  const known = parsed.get(der);
  if (known) return known;
  const certificate = parseCertificateDer(Buffer.from(der));
  parsed.set(der, certificate);
  return certificate;
}
