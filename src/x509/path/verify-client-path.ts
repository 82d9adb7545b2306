import type { Awaitable, Clock } from '../../lib/index.ts';
import type { ParsedCertificate } from '../certificate/index.ts';
import { type ExtendedKeyUsageName, extendedKeyUsageOids } from '../extensions/index.ts';
import { SubjectPublicKey } from '../public-key/index.ts';
import {
  checkAuthority,
  checkCritical,
  checkDates,
  checkNames,
  checkPurpose,
  isSelfIssued,
} from './certificate-checks.ts';
import { findIssuer, findPath, type PathSearch } from './find-path.ts';
import type { PathFailure } from './path-failure.ts';
import { parseOnce, SignatureMemo } from './signature-memo.ts';

const maxIntermediates = 16;
const maxAnchors = 256;

export interface ClientPathRequest {
  /** What the client proved to hold the key of, in the TLS handshake. */
  readonly leafDer: Uint8Array;
  /** What the client sent along: used to find a path, never trusted. */
  readonly intermediatesDer: readonly Uint8Array[];
  /** What the operator trusts: CAs, or single leaves, which match by their whole bytes only. */
  readonly anchorsDer: readonly Uint8Array[];
  readonly clock: Clock;
  readonly purpose: Extract<ExtendedKeyUsageName, 'clientAuth' | 'serverAuth'>;
  /**
   * Asked for every certificate of the path, with its issuer. Trust in an anchor is not trust in it for ever: it is asked
   * for as well, its issuer being known where that is an anchor, too. A throw or a rejection refuses the path.
   */
  readonly isRevoked?:
    | ((certificate: ParsedCertificate, issuer: ParsedCertificate | undefined) => Awaitable<boolean>)
    | undefined;
  /** One for all searches for a client, where there are several. */
  readonly signatures?: SignatureMemo | undefined;
}

export type ClientPathResult =
  | {
      readonly ok: true;
      readonly leaf: ParsedCertificate;
      /** Leaf first, anchor last; the leaf alone when it is pinned. */
      readonly path: readonly ParsedCertificate[];
      readonly pinned: boolean;
    }
  | { readonly ok: false; readonly failure: PathFailure };

const refuse = (failure: PathFailure): ClientPathResult => ({ ok: false, failure });

/** Leaf rules: not a purpose of its own choosing, digitalSignature when usages are listed (RFC 5280 4.2.1.3). */
function checkLeaf(leaf: ParsedCertificate, nowSeconds: number, purposeOid: string): PathFailure | undefined {
  const failure = checkDates(leaf, nowSeconds) ?? checkCritical(leaf) ?? checkPurpose(leaf, purposeOid);
  if (failure) return failure;
  return leaf.keyUsage && !leaf.keyUsage.includes('digitalSignature') ? 'key_usage' : undefined;
}

function judgePath(
  path: readonly ParsedCertificate[],
  nowSeconds: number,
  purposeOid: string,
): PathFailure | undefined {
  let below = 0;
  for (const certificate of path.slice(1)) {
    const failure =
      checkDates(certificate, nowSeconds) ??
      checkCritical(certificate) ??
      checkPurpose(certificate, purposeOid) ??
      checkAuthority(certificate, below);
    if (failure) return failure;
    if (!isSelfIssued(certificate)) below += 1;
  }
  return checkNames(path);
}

interface RevocationFailure {
  readonly failure: PathFailure;
  readonly certificate: ParsedCertificate;
}

async function checkRevocation(
  path: readonly ParsedCertificate[],
  anchors: readonly ParsedCertificate[],
  signatures: SignatureMemo,
  isRevoked: ClientPathRequest['isRevoked'],
): Promise<RevocationFailure | undefined> {
  if (!isRevoked) return undefined;
  for (const [index, certificate] of path.entries()) {
    try {
      const issuer = path[index + 1] ?? findIssuer(certificate, anchors, signatures);
      if ((await isRevoked(certificate, issuer)) !== false) return { failure: 'revoked', certificate };
    } catch {
      return { failure: 'revocation_unknown', certificate };
    }
  }
  return undefined;
}

function keyFailure(leaf: ParsedCertificate): PathFailure | undefined {
  try {
    SubjectPublicKey.read(leaf.spki);
    return undefined;
  } catch {
    return 'weak_key';
  }
}

/** Names are decoded only when they are compared; one that cannot be read refuses the path. */
function searchPath(leaf: ParsedCertificate, search: PathSearch): ParsedCertificate[] | PathFailure {
  try {
    return findPath(leaf, search);
  } catch {
    return 'malformed';
  }
}

/**
 * Validates a client's certificate path by RFC 5280 section 6 as far as it concerns authentication: signatures, dates
 * with 60 s of slack, basicConstraints, key usage, purpose through the whole chain, path length, name constraints, no
 * unknown critical extension, at most 8 certificates. Policies are not built: a demand for an explicit one refuses.
 * Never throws for what the client sent; every doubt is a refusal. Nothing is fetched from addresses in certificates.
 * The bytes given are read once, for as long as somebody holds them: do not write to them.
 */
export async function verifyClientPath(request: ClientPathRequest): Promise<ClientPathResult> {
  if (request.intermediatesDer.length > maxIntermediates || request.anchorsDer.length > maxAnchors) {
    return refuse('too_many_certificates');
  }
  let leaf: ParsedCertificate;
  let intermediates: ParsedCertificate[];
  let anchors: ParsedCertificate[];
  try {
    leaf = parseOnce(request.leafDer);
    intermediates = request.intermediatesDer.map(parseOnce);
    anchors = request.anchorsDer.map(parseOnce);
  } catch {
    return refuse('malformed');
  }
  const nowSeconds = request.clock.nowMillis() / 1000;
  const purposeOid = extendedKeyUsageOids[request.purpose];
  const failure = keyFailure(leaf) ?? checkLeaf(leaf, nowSeconds, purposeOid);
  if (failure) return refuse(failure);

  const pinned = anchors.some((anchor) => anchor.der.equals(leaf.der));
  // A CA speaks for others and is nobody's client. Who is trusted by itself may say CA, as self-signed certificates do.
  if (!pinned && leaf.basicConstraints?.ca === true) return refuse('authority_as_client');
  const judge = (path: readonly ParsedCertificate[]) => judgePath(path, nowSeconds, purposeOid);
  const signatures = request.signatures ?? new SignatureMemo();
  let trusted = anchors;
  let revoked: RevocationFailure | undefined;
  for (;;) {
    const path = pinned ? [leaf] : searchPath(leaf, { intermediates, anchors: trusted, signatures, judge });
    if (typeof path === 'string') return refuse(revoked?.failure ?? path);
    revoked = await checkRevocation(path, anchors, signatures, request.isRevoked);
    if (!revoked) return { ok: true, leaf, path, pinned };
    // A CA may be trusted by a second certificate of its key, which stands when the first is revoked; nothing else does.
    const { certificate } = revoked;
    if (pinned || certificate !== path.at(-1)) return refuse(revoked.failure);
    trusted = trusted.filter((anchor) => anchor !== certificate);
  }
}
