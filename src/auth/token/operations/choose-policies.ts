import { mergePolicies, type Principal, sanitizePolicyNames } from '../../../core/index.ts';
import { StrongroomError } from '../../../lib/index.ts';
import type { TokenRole } from '../records.ts';

export interface PolicyWish {
  readonly requested: readonly string[];
  readonly noDefault: boolean;
}

function refuse(message: string, hint: string): never {
  throw new StrongroomError('invalid_request', message, { hint });
}

/**
 * The policies of a new token without a role (vault-semantics 4.2): the parent's when none are asked for, else a subset
 * of the parent's unless the caller has sudo. Nobody gives what they do not have.
 */
export function choosePolicies(wish: PolicyWish, parent: Principal, sudo: boolean): readonly string[] {
  const parentPolicies = parent.tokenPolicies;
  if (wish.requested.length === 0) return withoutDefault(parentPolicies, wish.noDefault);
  const requested = sanitizePolicyNames(wish.requested);
  refuseReserved(requested);
  if (requested.includes('root') && !parent.isRoot) {
    refuse('root tokens may not be created without parent token being root', 'ask for policies by name');
  }
  if (requested.includes('root')) return ['root'];
  if (sudo) return withoutDefault(mergePolicies(requested, ['default']), wish.noDefault);
  for (const name of requested) {
    if (name !== 'default' && !parentPolicies.includes(name)) {
      refuse('child policies must be subset of parent', 'ask only for policies this token has itself');
    }
  }
  if (requested.includes('default') && !parentPolicies.includes('default')) {
    refuse('child policies must be subset of parent', 'ask only for policies this token has itself');
  }
  const added = parentPolicies.includes('default') ? mergePolicies(requested, ['default']) : requested;
  return withoutDefault(added, wish.noDefault);
}

const withoutDefault = (policies: readonly string[], noDefault: boolean): readonly string[] =>
  noDefault ? policies.filter((name) => name !== 'default') : policies;

export function refuseReserved(names: readonly string[]): void {
  if (names.includes('response-wrapping')) {
    refuse('policy response-wrapping is not assignable', 'this policy belongs to wrapping tokens');
  }
}

/** The policies of a token made through a role (vault-semantics 4.2, Roles). */
export function chooseRolePolicies(
  wish: PolicyWish,
  role: TokenRole,
  parent: Principal,
  sudo: boolean,
): readonly string[] {
  const allowLists = role.allowedPolicies.length + role.allowedPoliciesGlob.length > 0;
  const denyLists = role.disallowedPolicies.length + role.disallowedPoliciesGlob.length > 0;
  const noDefault = wish.noDefault || role.noDefaultPolicy;
  if (!allowLists && !denyLists) return choosePolicies({ ...wish, noDefault }, parent, sudo);
  const requested = sanitizePolicyNames(wish.requested);
  const start = pickForRole(requested, role, parent, allowLists);
  const defaultRefused = noDefault || isDisallowed('default', role);
  const policies = defaultRefused ? start : mergePolicies(start, ['default']);
  refuseReserved(policies);
  for (const name of policies) {
    if (name === 'root' && !parent.isRoot) {
      refuse('root tokens may not be created without parent token being root', 'ask for policies by name');
    }
    if (isDisallowed(name, role)) {
      refuse(`token policy "${name}" is disallowed by this role`, 'ask for other policies');
    }
  }
  return policies.includes('root') ? ['root'] : withoutDefault(policies, noDefault);
}

function pickForRole(
  requested: readonly string[],
  role: TokenRole,
  parent: Principal,
  allowLists: boolean,
): readonly string[] {
  if (!allowLists) return requested.length > 0 ? requested : parent.tokenPolicies;
  if (requested.length === 0) return role.allowedPolicies;
  for (const name of requested) {
    const allowed =
      name === 'default' ||
      role.allowedPolicies.includes(name) ||
      role.allowedPoliciesGlob.some((glob) => matchesGlob(glob, name));
    if (!allowed) {
      refuse(
        `token policies (${JSON.stringify(requested)}) must be subset of the role's allowed policies`,
        'see the role',
      );
    }
  }
  return requested;
}

const isDisallowed = (name: string, role: TokenRole): boolean =>
  role.disallowedPolicies.includes(name) || role.disallowedPoliciesGlob.some((glob) => matchesGlob(glob, name));

/** `*` stands for any text, anywhere; matched piece by piece, in time that grows with the lengths alone. */
export function matchesGlob(glob: string, text: string): boolean {
  const pieces = glob.split('*');
  if (pieces.length === 1) return glob === text;
  const first = pieces[0] as string;
  const last = pieces.at(-1) as string;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = text.indexOf(piece, at);
    if (found === -1) return false;
    at = found + piece.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}
