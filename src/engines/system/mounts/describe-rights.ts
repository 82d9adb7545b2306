import type { Capability, GrantedPattern, GrantedPatterns, Principal } from '../../../core/index.ts';
import type { JsonObject } from '../../../lib/index.ts';

type Patterns = Readonly<Record<string, GrantedPattern>>;

/** What a credential may do, by pattern. Of several rule sets, which must all allow a request, only what they share. */
export function describeRights({ acls }: Principal): JsonObject {
  const limiting = acls.filter((acl) => !acl.isRoot);
  const [first = acls[0], ...others] = limiting;
  if (!first) return { root: false, exact_paths: {}, glob_paths: {} };
  const { root, exact_paths, glob_paths } = first.grantedPatterns();
  const share = (patterns: Patterns): Patterns =>
    Object.fromEntries(
      Object.entries(patterns).map(([pattern, granted]) => [
        pattern,
        {
          capabilities: others.reduce(
            (left, acl) => shareCapabilities(left, acl.capabilities(pattern)),
            granted.capabilities,
          ),
        },
      ]),
    );
  const shared: GrantedPatterns = { root, exact_paths: share(exact_paths), glob_paths: share(glob_paths) };
  return shared as unknown as JsonObject;
}

function shareCapabilities(left: readonly Capability[], right: readonly string[]): readonly Capability[] {
  const shared = left.filter((capability) => right.includes(capability));
  return shared.length > 0 ? shared : ['deny'];
}
