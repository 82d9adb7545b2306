import type { ParsedCertificate } from '../certificate/index.ts';
import { sameName } from '../names/index.ts';
import { SubjectPublicKey } from '../public-key/index.ts';
import type { PathFailure } from './path-failure.ts';
import type { SignatureMemo } from './signature-memo.ts';

export const maxPathLength = 8;
/** Signature checks in one search: crossed certificates cannot make it explode. */
const maxSignatureChecks = 64;

export interface PathSearch {
  readonly intermediates: readonly ParsedCertificate[];
  readonly anchors: readonly ParsedCertificate[];
  readonly signatures: SignatureMemo;
  /** Judges a complete path, leaf first, anchor last. */
  readonly judge: (path: readonly ParsedCertificate[]) => PathFailure | undefined;
}

interface State {
  checks: number;
  /** The failure of the path that came furthest. */
  failure: PathFailure;
}

function couldIssue(issuer: ParsedCertificate, certificate: ParsedCertificate): boolean {
  const wanted = certificate.authorityKeyIdentifier;
  const own = issuer.subjectKeyIdentifier;
  if (wanted && own && !wanted.equals(own)) return false;
  return sameName(issuer.subject, certificate.issuer);
}

/** The first of some certificates by whose key another one was signed; a self-signed one is its own. */
export function findIssuer(
  certificate: ParsedCertificate,
  candidates: readonly ParsedCertificate[],
  signatures: SignatureMemo,
): ParsedCertificate | undefined {
  return candidates.find(
    (issuer) =>
      couldIssue(issuer, certificate) &&
      signatures.check(certificate, issuer, () => checkSignature(certificate, issuer)) === undefined,
  );
}

/** Whether the issuer's key made the certificate's signature; refuses keys too weak to tell. */
function checkSignature(certificate: ParsedCertificate, issuer: ParsedCertificate): PathFailure | undefined {
  if (certificate.scheme === undefined) return 'bad_signature';
  let key: SubjectPublicKey;
  try {
    key = SubjectPublicKey.read(issuer.spki);
  } catch {
    return 'weak_key';
  }
  return key.verify(certificate.scheme, certificate.tbs, certificate.signature) ? undefined : 'bad_signature';
}

function isSignedBy(
  certificate: ParsedCertificate,
  issuer: ParsedCertificate,
  search: PathSearch,
  state: State,
): boolean {
  state.checks += 1;
  const failure = search.signatures.check(certificate, issuer, () => checkSignature(certificate, issuer));
  return failure === undefined || fail(state, failure);
}

function fail(state: State, failure: PathFailure): false {
  state.failure = failure;
  return false;
}

function extend(path: ParsedCertificate[], search: PathSearch, state: State): ParsedCertificate[] | undefined {
  const last = path[path.length - 1] as ParsedCertificate;
  if (path.length >= maxPathLength) {
    fail(state, 'path_too_long');
    return undefined;
  }
  const candidates = [
    ...search.anchors.map((issuer) => ({ issuer, anchor: true })),
    ...search.intermediates.map((issuer) => ({ issuer, anchor: false })),
  ];
  for (const { issuer, anchor } of candidates) {
    if (path.some((certificate) => certificate.der.equals(issuer.der)) || !couldIssue(issuer, last)) continue;
    if (state.checks >= maxSignatureChecks) {
      fail(state, 'search_limit');
      return undefined;
    }
    if (!isSignedBy(last, issuer, search, state)) continue;
    const longer = [...path, issuer];
    if (!anchor) {
      const found = extend(longer, search, state);
      if (found) return found;
      continue;
    }
    const failure = search.judge(longer);
    if (failure === undefined) return longer;
    fail(state, failure);
  }
  return undefined;
}

/**
 * Looks for a path from the leaf to one of the anchors, each link by name, key identifiers and signature. Trust comes
 * from `anchors` alone: a root among the intermediates is just another certificate.
 */
export function findPath(leaf: ParsedCertificate, search: PathSearch): ParsedCertificate[] | PathFailure {
  const state: State = { checks: 0, failure: 'no_path' };
  return extend([leaf], search, state) ?? state.failure;
}
